"""Train, evaluate and certify models."""
