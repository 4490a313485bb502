"""Checkpoints as others publish them, converted to a family of ours and to safetensors."""
