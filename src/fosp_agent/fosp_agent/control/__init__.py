"""Acting flow: observation in, judged command out."""
