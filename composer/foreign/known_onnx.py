"""ONNX files that are published: what their sources say about each, by the start of its sha256."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from composer.colour import ColourSpec
from composer.inputs import InputSpec


@dataclass(frozen=True, slots=True)
class Known:
    """What is published; ``value`` None: nothing is for this very file.

    ``note`` says what is special about it, as where ours prepares pictures otherwise.
    """

    area: str
    function: str
    dataset: str
    licence: str
    origin: str
    by: str
    metric: str = "COCO AP50"
    value: float | None = None
    recipe: InputSpec | None = None
    note: str = ""


def _square(side: int, colour: ColourSpec) -> InputSpec:
    return InputSpec("image", side, side, white=255.0, colour=colour)


_SHAPE = ("visual.shape", "perception.vision.shape", "COCO")
_PADDLE = ColourSpec((0.406, 0.456, 0.485), (0.225, 0.224, 0.229), "bgr")
_BYTE = 1 / 255
_RAW_BGR = ColourSpec(std=(_BYTE, _BYTE, _BYTE), order="bgr")
_CAFFE = ColourSpec((104 / 255, 117 / 255, 123 / 255), (_BYTE, _BYTE, _BYTE), "bgr")
_HALVES = ColourSpec((127 / 255, 127 / 255, 127 / 255), (128 / 255, 128 / 255, 128 / 255))
_PICODET = (
    "Apache-2.0 (PaddleDetection); the hosting repository states none",
    "hpc203/picodet-onnxruntime @ dfe4d6cd0a18",
    "PaddlePaddle authors",
)
_DARKNET = ("YOLO LICENSE (public domain)", "dog-qiuqiu/Yolo-Fastest @ 96a2900d1631", "dog-qiuqiu")
_EARLIER = "the published precision is that of a later release"

KNOWN: Mapping[str, Known] = {
    "d7852a1508b36bfc": Known(
        *_SHAPE, *_PICODET, metric="COCO AP", recipe=_square(320, _PADDLE), note=_EARLIER
    ),
    "cdab77bdde16e4f7": Known(
        *_SHAPE, *_PICODET, metric="COCO AP", recipe=_square(416, _PADDLE), note=_EARLIER
    ),
    "d39bee73564e3380": Known(
        *_SHAPE,
        "Apache-2.0 (YOLOX); hosting repository MIT",
        "hamacom2004jp/iinfer @ c7f9a3c5216c",
        "Megvii",
        metric="COCO AP",
        value=0.258,
        recipe=_square(416, _RAW_BGR),
        note="the source adds borders to pictures that are not square; ours stretches them",
    ),
    "31cb14c017fce347": Known(
        *_SHAPE,
        "BSD-3-Clause",
        "dog-qiuqiu/FastestDet @ 50473cd155cb",
        "dog-qiuqiu",
        value=0.253,
        recipe=_square(352, ColourSpec(order="bgr")),
    ),
    "2ce4b212e060278a": Known(*_SHAPE, *_DARKNET, value=0.343, recipe=_square(320, ColourSpec())),
    "fe2a8ceb0a06c99c": Known(*_SHAPE, *_DARKNET, value=0.244, recipe=_square(320, ColourSpec())),
    "d18f19b4ca35197a": Known(*_SHAPE, *_DARKNET, recipe=_square(320, ColourSpec())),
    "faf6740b495e8b95": Known(
        "visual.shape",
        "perception.vision.face",
        "WIDER FACE",
        "MIT",
        "Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB @ dffdddda9794",
        "Linzaer",
        metric="WIDER FACE AP",
        recipe=InputSpec("image", 240, 320, white=255.0, colour=_HALVES),
    ),
    "6a315ffecf481907": Known(
        "visual.shape",
        "perception.vision.shape",
        "ImageNet",
        "BSD-2-Clause (SqueezeNet); the hosting repository states none",
        "nihui/ncnn-assets @ 9489f876aebd, from half precision",
        "Iandola and others",
        metric="top-1 accuracy",
        value=0.57,
        recipe=_square(227, _CAFFE),
    ),
}
