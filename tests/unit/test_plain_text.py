"""Mark-up to what a person would read."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shared.records.plain_text import is_markup, text_of
from shared.records.readable import one_line
from tests.unit.events import ALICE, CHAT_MESSAGE, event, fact, of_kind, records

SKYPE = "http://schema.skype.com/"
DATA_URI = f"data:image/png;base64,{'iVBORw0KGgo' * 3000}"


@pytest.mark.parametrize(
    ("expected", "html"),
    [
        ("that's unbelievable!", "that&#39;s un<b>believ</b>able<i>!</i>"),
        ("one two three", "<p>one</p><p>two</p>three"),
        ("one two", "one<br>two"),
        ("one two", "one<BR/>two"),
        ("a b c d", "<table><tr><td>a</td><td>b</td></tr><tr><td>c<td>d</table>"),
        ("a b", "<ul><li>a<li>b</ul>"),
        ("a b", " a\n\n&nbsp;\t b "),
        ("<b> & &lt;", "&lt;b&gt; &amp; &amp;lt;"),
        ("I <3 you </3 1<2", "I <3 you </3 1<2"),
        ("x", "x<!-- a > b <p> -->"),
        ("x", "x<!--[if gte mso 9]><xml><o:AllowPNG/></xml><![endif]-->"),
        ("xy", "x<!---->y"),
        ("x", "<!DOCTYPE html><?xml version='1.0'?><![if !mso]>x<![endif]>"),
        ("x", "<head><title>t</title><meta charset=utf-8></head><body>x</body>"),
        ("x", "<style>p{color:red}</style>x"),
        ("xy", "x<SCRIPT>if (a<b && c>d) { '</p>' }</Script >y"),
        ("see this", "<a title=\"a > b\" href='x>y'>see</a> this"),
        ("x", "<p class=it's>x"),
        ("Everyone Bob?", "<msft-mention id='8:acs:x'>Everyone</msft-mention> <at id=0>Bob</at>?"),
        (":) (wave)", '<ss type="smile">:)</ss> <ss type="hi">(wave)</ss>'),
        ("a\ufffdb", f"a&#{'9' * 5000};b"),
        ("a\ufffdb", f"a&#x{'f' * 5000};b"),
        ("See: Right?", f'<p>See:</p><img alt="shot" src="{DATA_URI}"><p>Right?</p>'),
        ("Right?", f'<img src="{DATA_URI}">Right?'),
        ("See Right?", f"<p>See {DATA_URI} Right?</p>"),
        ("metadata: x", "metadata: x"),
        ("shown", "<div style='color:red;Display : NONE'><div>no</div>no</div>shown"),
        ("xy", "x<span style=visibility:hidden>no</span>y"),
        ("yes", "<b title='display:none'>yes</b>"),
    ],
)
def test_text_of_html(expected: str, html: str) -> None:
    """Inline tags add no blank, blocks do, and what browsers do not show is not shown."""
    assert expected == text_of("html", html)


@pytest.mark.parametrize(
    ("expected", "html"),
    [
        ("\U0001f642", f'<img itemtype="{SKYPE}Emoji" alt="\U0001f642" src="x">'),
        ("Like", f'<img itemtype="{SKYPE}Emoji" alt="Like">'),
        ("Smile", f'<img itemtype="{SKYPE}Emoji" title="Smile">'),
        ("hi \U0001f642!", 'hi <emoji alt="\U0001f642" title="x">:)</emoji>!'),
        ("hi party!", 'hi <customemoji id="x" alt="party" source="y"></customemoji>!'),
        ("a\U0001f1f3\U0001f1f1b", "a<img alt='\U0001f1f3\U0001f1f1'/>b"),
        ("a1\ufe0f\u20e3", "a<img alt=1\ufe0f\u20e3>"),
        ("a", "a<img alt='plan'>"),
        ("a", "a<img alt='\u00e4'>"),
        ("a", "a<img alt='" + "\U0001f642" * 40 + "'>"),
        ("plan", "<p><img alt='plan' src='x'></p><img>"),
        ("Image", "<p><img src='x'></p><img alt='second'>"),
        ("Image", f'<img src="{DATA_URI}" alt=" ">'),
        ("Image", "<svg><title>x</title></svg>"),
        ("Video", "<video controls>Your browser is old.</video>"),
        ("Audio", "<audio src=x>Your browser is old.</audio>"),
        ("Attachment", '<attachment id="1"></attachment>'),
        ("text", '<attachment id="1"/>text'),
        ("text", '<attachment id="1">text'),
        (None, "<p><span></span></p>"),
        (None, "<!-- -->"),
        (None, ""),
        (None, None),
    ],
)
def test_pictures_and_attachments(expected: str | None, html: str | None) -> None:
    """An emoji is text; anything else is a word only where there is no text."""
    assert expected == text_of("html", html)


@pytest.mark.parametrize(
    "itemtype", [f"{SKYPE}Reply", f"{SKYPE}reply/", f"{SKYPE[:4]}s{SKYPE[4:]}Reply"]
)
def test_the_words_that_a_reply_quotes_are_left_out(itemtype: str) -> None:
    """A push with the title Ann shows what Ann wrote, not the message that she answers."""
    quoted = f'<strong itemprop="mri" itemid="{ALICE}">Jane</strong><p itemprop="preview">Long</p>'
    html = (
        f'<div><blockquote itemscope="" itemtype="{itemtype}" itemid="1">{quoted}'
        f"<blockquote>older</blockquote></blockquote><p>No, sorry.</p></div>"
    )

    assert text_of("html", html) == "No, sorry."


@pytest.mark.parametrize(
    "html",
    [
        "<blockquote>Our rule</blockquote> holds",
        f"<blockquote itemtype='{SKYPE}Forward'>Our rule</blockquote> holds",
        f"<blockquote itemtype='{SKYPE}Reply'>Our rule holds",
    ],
    ids=["cited by hand", "forwarded", "never closed"],
)
def test_other_quotes_are_read(html: str) -> None:
    assert text_of("html", html) == "Our rule holds"


def test_a_quote_of_skype_is_left_out() -> None:
    html = '<quote author="x"><legacyquote>[1] x: </legacyquote>Old</quote>New'

    assert text_of("RichText", html) == "New"


@pytest.mark.parametrize(
    ("expected", "type_"),
    [
        ("Call recording", "Video.2/CallRecording.1"),
        ("Video", "Video.1/Flik.1"),
        ("Image", "Picture.1"),
        ("File", "File.1"),
        ("Card", "SWIFT.1"),
        ("Audio", "Audio.1/Message.1"),
        ("Attachment", "Something.9"),
        ("Attachment", ""),
    ],
)
@pytest.mark.parametrize("format_", ["RichText/Media_Something", "html", "RichText/UriObject"])
def test_what_teams_writes_for_programs(format_: str, expected: str, type_: str) -> None:
    html = (
        f'<URIObject type="{type_}" uri="https://x/y"><Title>Meeting</Title><a href="https://x">'
        'Play</a><RecordingStatus status="Success"/><Swift b64="eyJ9"/></URIObject>'
    )

    assert expected == text_of(format_, html)


@pytest.mark.parametrize(
    ("expected", "format_", "body"),
    [
        ("Call recording", "RichText/Media_CallRecording", "<RecordingStatus>1</RecordingStatus>"),
        ("Call transcript", "RichText/Media_CallTranscript", '{"scopeId":"1"}'),
        (None, "ThreadActivity/AddMember", "<addmember><target>8:acs:x</target></addmember>"),
        (None, "RichText/Media_CallLogVoicemail", '{"callId": "1"}'),
        (None, "Event/Call", "<ended/><partlist><part><name>x</name></part></partlist>"),
        (None, "text", "<b>x</b>"),
        (None, "topicUpdated", "<b>x</b>"),
        (None, None, "<b>x</b>"),
    ],
)
def test_other_formats(expected: str | None, format_: str | None, body: str) -> None:
    assert expected == text_of(format_, body)


@pytest.mark.parametrize(
    "format_",
    ["html", "HTML", "RichText/Html", "RichText/Media_Card", "ThreadActivity/TopicUpdate"],
)
def test_markup(format_: str) -> None:
    assert is_markup(format_)


@pytest.mark.parametrize("format_", ["text", "Text", "", None])
def test_no_markup(format_: str | None) -> None:
    assert not is_markup(format_)


@pytest.mark.parametrize(
    ("expected", "html"),
    [
        ("x", "x<!-- never closed <p>y"),
        ("x", "x<style>never closed"),
        ("x", "x<script>never closed</p>"),
        ("x", 'x<img alt="never closed'),
        ("x", "x<a href='y"),
        ("x", "x<?never closed"),
        ("x y", 'x<p title="odd>y</p>'),
        ("xy", "x<svg>y"),
    ],
)
def test_what_is_never_closed(expected: str, html: str) -> None:
    """As in browsers; what only holds other elements ends at once."""
    assert expected == text_of("html", html)


WORDS = st.text(alphabet="ab <>&'\"/é😀", min_size=1, max_size=5)
INLINE = st.sampled_from(["b", "i", "span", "a", "at", "strong", "code", "font", "ss", "unknown"])
BLOCK = st.sampled_from(["p", "div", "td", "tr", "li", "h1", "ul", "blockquote", "section", "pre"])
UNSEEN = st.sampled_from(
    [
        *("<!-- <p> & -->", "<style>p > a {}</style>", "<script>a<b</script>", "<wbr>"),
        *("<svg><text>x</text></svg>", f"<blockquote itemtype='{SKYPE}Reply'>x</blockquote>"),
        *(
            f"<img src='{DATA_URI}'>",
            "<template><p>x</p></template>",
            "<attachment id=1></attachment>",
        ),
    ]
)
ATTRIBUTES = st.sampled_from(["", " x", ' class="a > b"', " title='<p>'", ' a=b c = "d"'])


def _pages() -> SearchStrategy[tuple[str, str]]:
    """Mark-up, and its text with a blank for every block."""
    leaf = st.one_of(
        WORDS.map(lambda text: (escape(text), text)),
        UNSEEN.map(lambda html: (html, " " if "Reply" in html else "")),
        st.just(("<br>", " ")),
        st.just(("<img alt='\U0001f642'>", "\U0001f642")),
    )
    return st.recursive(leaf, lambda inside: _inline(inside) | _block(inside) | _row(inside))


def _inline(inside: SearchStrategy[tuple[str, str]]) -> SearchStrategy[tuple[str, str]]:
    return st.builds(
        lambda name, with_, page: (f"<{name}{with_}>{page[0]}</{name}>", page[1]),
        INLINE,
        ATTRIBUTES,
        inside,
    )


def _block(inside: SearchStrategy[tuple[str, str]]) -> SearchStrategy[tuple[str, str]]:
    return st.builds(
        lambda name, with_, page: (f"<{name}{with_}>{page[0]}</{name}>", f" {page[1]} "),
        BLOCK,
        ATTRIBUTES,
        inside,
    )


def _row(inside: SearchStrategy[tuple[str, str]]) -> SearchStrategy[tuple[str, str]]:
    return st.lists(inside, max_size=4).map(
        lambda pages: ("".join(html for html, _ in pages), "".join(text for _, text in pages))
    )


@given(_pages())
def test_generated_pages(page: tuple[str, str]) -> None:
    """Whatever is nested in what, the words come out as they were put in."""
    html, text = page

    assert text_of("html", f"x{html}") == one_line(f"x{text}")


@given(st.text(alphabet="<>/!-=\"'&#;? ap", max_size=60) | st.text(max_size=30))
def test_no_text_is_too_broken(html: str) -> None:
    found = text_of("html", html)

    assert found is None or (found and found == one_line(found))


@pytest.mark.parametrize(
    "unit",
    [
        *("<", "</", "<a ", "<a/", "<a =", "<!", "<!--", "<?", "</a ", "<a\n=", "&#", "&", "&amp"),
        *('<a href="', '<a ="1>"=', "<a ='>", "<svg>", "<svg ", "<style>", "<style", "<b>x"),
        *(
            "<blockquote>",
            "data:",
            "data:a/b;",
            "data:a;b=c",
            "<img alt='",
            "<img =>",
            "<![CDATA[",
            "--><!--",
            "= ",
            "a\u200d",
        ),
        f"<blockquote itemtype='{SKYPE}Reply'>",
    ],
)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    """With quadratic time, as of the standard library's parser, one of these takes a minute."""
    text_of("html", unit * (100_000 // len(unit)))


@pytest.mark.parametrize("name", ["type", "messageType", "Type"])
@pytest.mark.parametrize("value", ["html", "RichText/Html", "text/html", " Html "])
def test_a_message_has_its_plain_text(name: str, value: str) -> None:
    """``messageType`` is what the SDK for Android and senders to custom topics write."""
    data = {key: item for key, item in CHAT_MESSAGE.items() if key != "type"}
    found = fact("ChatMessageReceived", data | {name: value, "messageBody": "<p>a<b>b</b></p>"})

    assert found.message is not None
    assert (found.message.format, found.message.plain_text) == ("html", "ab")
    assert found.message.text == "<p>a<b>b</b></p>"
    assert found.extra == {}


@pytest.mark.parametrize("value", ["text", "Text", "text/plain"])
def test_a_text_is_no_markup(value: str) -> None:
    push = of_kind(
        "push-notification",
        records(event("ChatMessageReceived", CHAT_MESSAGE | {"type": value, "messageBody": "<b>"})),
    )

    assert push["data"]["body"] == "<b>"
    assert push["data"]["message"] == push["data"]["message"] | {"text": "<b>", "format": "text"}
    assert "plainText" not in push["data"]["message"]


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("Hello Bob", "<p>Hello <b>Bob</b></p>"),
        ("x" * 239 + "…", f"<style>{'y' * 9000}</style><b>{'x' * 500}</b>"),
        ("New message", '<p>{"a": 1}</p>'),
        ("New message", "<p></p>"),
        ("Image", "<img src='x'>"),
    ],
)
def test_the_body_of_a_push_is_cut_after_the_markup_is_gone(expected: str, body: str) -> None:
    push = of_kind(
        "push-notification",
        records(event("ChatMessageReceived", CHAT_MESSAGE | {"type": "html", "messageBody": body})),
    )

    assert expected == push["data"]["body"]
