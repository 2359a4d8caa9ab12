"""A whole file for each reader, and what must be in its text; a reader without one fails its test."""

import office_samples
import pdf_samples

HTML = """<html><head><title>T</title></head><body><nav><a href="/">Home</a></nav><main>
<h1>望云楼</h1><p>高 28.6 米<br>共五层</p><ul><li>one<ul><li>inner</li></ul></li><li><p>two</p><p>more</p></li>
</ul><ol start=3><li>three</ol><table><caption>Cap</caption><tr><th rowspan=2>A</th><th>B</th></tr>
<tr><td>1|2</table><pre>x = 1
  y = 2</pre><blockquote><p>quoted</p></blockquote>
<figure><img src=a.png alt="pic"><figcaption>Fig. 1</figcaption>
</figure></main><footer>imprint</footer><script>var a</script></body></html>"""
SRT = """1
00:00:01,000 --> 00:00:02,000
<i>Hello</i> there

2
00:00:02,100 --> 00:00:03,000
my friend.

3
00:00:09,000 --> 00:00:10,000
再见。
"""
TABLE = "# 票价\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"

SAMPLES = {
    "delimited": ("a.csv", "景点,票价\n望云楼,80\n".encode("gb18030"), "望云楼"),
    "docx": ("a.docx", office_samples.word(), "望云楼"),
    "epub": ("a.epub", office_samples.book(), "嘉木"),
    "html": ("a.html", HTML.encode(), "28.6"),
    "json": ("a.json", b'{"title": "T", "text": "# Tower\\n\\n28.6 m"}', "28.6"),
    "markdown": ("a.md", TABLE.encode(), "票价"),
    "pdf": ("a.pdf", pdf_samples.pdf(["First page.", "Second page."]), "Second"),
    "plain_text": ("a.txt", "第一章 开始\n\n正文。".encode(), "正文"),
    "pptx": ("a.pptx", office_samples.slides(), "压力范围"),
    "subtitles": ("a.srt", SRT.encode(), "Hello there my friend."),
    "xlsx": ("a.xlsx", office_samples.workbook(), "望云楼"),
    "zip": ("a.zip", office_samples.packed({"x/a.md": TABLE}), "票价"),
}
"""By the reader's name: a file name, the file, and words of its text."""
