"""The card network's side of the wire: messages, a blocking client, and stories.

Nothing here imports the database driver or the event loop, so that a load tester can use it under
gevent. It knows what a network knows: formats and answers, never an account's state.
"""
