"""The main language of a text is told by its script and its small words."""

import pytest

from hf_sft_builders.documents.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("云溪古城旅行指南", "zh"),
        ("門票八十元", "zh"),
        ("使用 Python 3.11 和 load_dataset 读取 PDF 文件，生成微调数据。", "zh"),
        ("これは日本語の文章です。東京は日本の首都です。", "ja"),
        ("서울은 대한민국의 수도이다.", "ko"),
        ("The controller compares the pressure with its set point.", "en"),
        ("Der Regler vergleicht den Druck mit dem Sollwert.", "de"),
        ("Le régulateur compare la pression avec la consigne.", "fr"),
        ("El regulador compara la presión con la consigna.", "es"),
        ("Регулятор сравнивает давление с заданным.", "ru"),
        ("What is the capital of France?", "en"),
        ("Wie hoch ist der Turm?", "de"),
        ("Quel est le prix du billet ?", "fr"),
        ("¿Cuál es el precio de la entrada?", "es"),
        ("Qual é o preço da entrada?", "pt"),
        ("Qual è il prezzo del biglietto?", "it"),
        ("Hoe hoog is de toren?", "nl"),
        ("They die young.", ""),
        ("Villa la Rocca", ""),
        ("Rio de la Plata", ""),
        ("12345 67", ""),
        ("", ""),
    ],
)
def test_languages(text, language):
    """Chinese, Japanese and Korean by script, Latin languages by words, and "" for no answer."""
    assert language == detect_language(text)
