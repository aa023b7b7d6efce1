"""The batch path and who carries it: this process, worker processes, Arrow batches, Spark, Ray."""
