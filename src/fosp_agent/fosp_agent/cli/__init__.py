"""The command line: one file a verb, heavy imports only inside the verbs."""
