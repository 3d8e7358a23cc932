"""The script that tells when an advertisement has been seen: half of it in view for one second without a break.

That is what the Media Rating Council calls a viewable display impression (MRC Viewable Ad Impression Measurement
Guidelines). For large ones it allows 30 % of the area; we ask for half of those too.
"""

from adapters.channels.placeholders import in_script

_SCRIPT = (
    "(function(u){"
    "var s=document.currentScript,e=s&&s.parentNode,seen=0,timer=0,watch;"
    "if(!e||!e.getBoundingClientRect)return;"
    "function tell(){if(watch)watch.disconnect();seen=-1;new Image().src=u}"
    "function look(){var v=seen>0&&document.visibilityState!=='hidden';"
    "if(v&&!timer)timer=setTimeout(tell,1000);"
    "if(!v&&timer){clearTimeout(timer);timer=0}}"
    "function note(r){if(seen>=0){seen=r>=.5?1:0;look()}}"
    "document.addEventListener('visibilitychange',look);"
    "if(window.IntersectionObserver){"
    "watch=new IntersectionObserver(function(all){var l=all[all.length-1],b=l.boundingClientRect;"
    "note(l.isIntersecting&&b.width*b.height>0?l.intersectionRatio:0)},{threshold:[0,.5,.75,1]});"
    "watch.observe(e)}"
    "else if(window.top===window){setInterval(function(){"
    "var b=e.getBoundingClientRect(),w=Math.min(b.right,innerWidth)-Math.max(b.left,0),"
    "h=Math.min(b.bottom,innerHeight)-Math.max(b.top,0);"
    "note(w>0&&h>0?w*h/(b.width*b.height):0)},200)}"
    "})('%s')"
)
"""What holds the script is what is watched, also across frames of other origins. Without an observer only the top page
can tell: within a frame nothing is reported rather than guessed. Where scripts are forbidden, nothing happens at all.
"""


def beacon(viewable: str) -> str:
    """Return the element to put into whatever is to be watched."""
    return f"<script>{_SCRIPT.replace('%s', in_script(viewable))}</script>"
