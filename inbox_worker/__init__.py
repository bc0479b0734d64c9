"""The daemon behind a press office's registration address.

Start reading at `worker.py`: its spine is the whole story of one mail.
"""
