"""AV-MNIST: handwritten digits paired with spoken digits in everyday noise."""
