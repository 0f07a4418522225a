"""Episodes: records, MCAP files, labels, the store, and the sampler of training batches."""
