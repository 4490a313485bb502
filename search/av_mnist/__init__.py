"""The paper's audio-visual scenario on AV-MNIST, measured and reported."""
