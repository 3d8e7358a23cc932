"""A folder with settings and campaigns, small and good."""

from pathlib import Path

SETTINGS = """
campaigns: {kind: yaml, path: campaigns}
segments: [{kind: files, paths: [people.csv]}]
http: {port: 18080, private_port: 1}
exchanges: [{name: north}]
"""
CAMPAIGNS = """
advertiser: {id: shop, domain: shop.example, timezone: UTC}
creatives:
  - {id: tile, banner: 300x250, image: "https://cdn.example/t.png", landing: "https://shop.example/"}
campaigns:
  - id: always
    insertion_orders:
      - id: order
        line_items:
          - {id: on, flight: [2026-01-01, 2027-01-01], goal: {cpm: 2}, creatives: tile}
          - {id: "off", status: paused, flight: [2026-01-01, 2027-01-01], goal: {cpm: 2}, creatives: tile}
"""


def write(folder: Path) -> Path:
    """Write them and return the settings file. Nothing listens on the private port."""
    (folder / "campaigns").mkdir()
    (folder / "campaigns" / "shop.yaml").write_text(CAMPAIGNS, encoding="utf-8")
    file = folder / "server.yaml"
    file.write_text(SETTINGS, encoding="utf-8")
    return file
