"""The browser that tests drive is real: it lays out text, runs scripts and draws in depth."""

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser

_PAGE = """data:text/html,<!doctype html><title>A page</title>
<body style="margin:0;background:rgb(0,128,0)"><h1 style="color:white">Hello</h1>
<script>document.title += " that ran"</script>"""
_WEBGL = """() => {
  const gl = document.createElement("canvas").getContext("webgl2");
  gl.clearColor(1, 0.5, 0, 1);
  gl.clear(gl.COLOR_BUFFER_BIT);
  const pixel = new Uint8Array(4);
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
  return Array.from(pixel);
}"""


def test_a_page_is_laid_out_run_and_photographed(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 200})
    page.goto(_PAGE)
    assert page.title() == "A page that ran"
    assert page.get_by_role("heading", name="Hello").is_visible()
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (200, 320, 3)
    assert tuple(picture[199, 319]) == (0, 128, 0)
    assert (picture == 255).all(axis=2).any(), "the heading's white letters are missing"


def test_webgl_draws_the_colours_asked_for(browser: Browser) -> None:
    assert browser.new_page().evaluate(_WEBGL) == pytest.approx([255, 128, 0, 255], abs=1)
