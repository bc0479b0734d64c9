"""Understanding mails in a process of its own, so that no mail can hang, crash or exhaust the daemon.

`process` is the daemon's side, `child` is what runs over there, `line` is what the two say to each other. Nothing is
imported here: the child shall not carry the daemon's side.
"""
