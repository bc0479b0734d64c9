"""The shell: one module for each thing outside (IMAP, MIME, SMTP, the journal's file)."""
