"""VAST: what videos and sounds are put out as, from 2.0 to 4.3, inline or leading to a third party's document."""
