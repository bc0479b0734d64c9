"""The daemon as a process that is killed, stopped, doubled, restored and flooded, on a real Dovecot and Postfix."""
