"""The straight lines that are drawn on a page, as pdfium tells them: the borders of tables.

Programs draw a border as a line, as a side of a rectangle, or as a rectangle that is thin and
filled. What is filled and not thin is a background: its edges are no borders.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from math import isfinite
from typing import Any

import pypdfium2.raw as pdfium

from hf_sft_builders.documents.pdf_grids import THICKEST, Rule

_PATH = pdfium.FPDF_PAGEOBJ_PATH
_MOST_OBJECTS = 20_000
_MOST_SEGMENTS = 4_000
"""A page with more of them is a drawing or a map."""

_Point = tuple[float, float]
Frame = tuple[float, float, float, float]
"""Left, bottom, right and top of the part of a page that is shown."""


def page_rules(page: Any) -> list[Rule]:
    """Give the horizontal and vertical lines of a page; none where it is a drawing."""
    count = pdfium.FPDFPage_CountObjects(page)
    if count > _MOST_OBJECTS:
        return []
    objects = (pdfium.FPDFPage_GetObject(page, index) for index in range(count))
    paths = [path for path in objects if pdfium.FPDFPageObj_GetType(path) == _PATH]
    if sum(map(pdfium.FPDFPath_CountSegments, paths)) > _MOST_SEGMENTS:
        return []
    frame, rotation = page_frame(page), pdfium.FPDFPage_GetRotation(page)
    edges = (edge for path in paths for edge in _edges(path) if isfinite(sum(edge)))
    return [shown(edge, frame, rotation) for edge in edges]


def page_frame(page: Any) -> Frame:
    """Give the part of a page that is shown."""
    frame = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, ctypes.byref(frame))
    return frame.left, frame.bottom, frame.right, frame.top


def shown(box: Rule, frame: Frame, rotation: int) -> Rule:
    """Turn left, bottom, right, top of the file into left, top, right, bottom as shown."""
    x0, y0, x1, y1 = box
    left, bottom, right, top = frame
    if rotation == 0:
        return x0 - left, top - y1, x1 - left, top - y0
    if rotation == 1:
        return y0 - bottom, x0 - left, y1 - bottom, x1 - left
    if rotation == 2:
        return right - x1, y0 - bottom, right - x0, y1 - bottom
    return top - y1, right - x1, top - y0, right - x0


def _edges(path: Any) -> Iterator[Rule]:
    box = _bounds(path)
    if min(box[2] - box[0], box[3] - box[1]) <= THICKEST:
        yield box
    elif _is_stroked(path):
        for (x0, y0), (x1, y1) in _segments(path):
            if min(abs(x1 - x0), abs(y1 - y0)) <= 1:
                yield min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _bounds(path: Any) -> Rule:
    edges = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(path, *map(ctypes.byref, edges))
    left, bottom, right, top = (edge.value for edge in edges)
    return left, bottom, right, top


def _is_stroked(path: Any) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, ctypes.byref(fill), ctypes.byref(stroke))
    return bool(stroke.value)


def _segments(path: Any) -> Iterator[tuple[_Point, _Point]]:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(path, ctypes.byref(matrix))
    begin = last = (0.0, 0.0)
    for index in range(pdfium.FPDFPath_CountSegments(path)):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        kind, point = pdfium.FPDFPathSegment_GetType(segment), _point(segment, matrix)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            begin = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield last, point
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield point, begin
        last = point


def _point(segment: Any, matrix: Any) -> _Point:
    x, y = ctypes.c_float(), ctypes.c_float()
    pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
    return (
        matrix.a * x.value + matrix.c * y.value + matrix.e,
        matrix.b * x.value + matrix.d * y.value + matrix.f,
    )
