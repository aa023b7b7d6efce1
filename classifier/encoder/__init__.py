"""A small transformer that reads pages sentence by sentence; its logits are features of the model."""
