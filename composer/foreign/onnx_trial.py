"""One run of an ONNX network, which may take all time and memory there is: see ``apart``."""

import sys

from composer.foreign.apart import answered
from composer.onnx_backbone import OnnxBackbone

if __name__ == "__main__":
    sys.exit(answered(lambda path: OnnxBackbone(path).sha256.encode()))
