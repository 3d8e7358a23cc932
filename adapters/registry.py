"""Which adapters there are: one union line per port, read by the configuration."""

from adapters.campaigns import yaml_folder
from adapters.context import cidr_files, maxmind, place_file
from adapters.dmp import segment_files
from adapters.feeds import feed_files
from adapters.ledger import journal, postgres
from adapters.profiles import lmdb_profiles, redis_profiles

Campaigns = yaml_folder.Config
Segments = segment_files.Config
Feeds = feed_files.Config
Place = place_file.Config
Networks = cidr_files.Config | maxmind.Config
Profiles = lmdb_profiles.Config | redis_profiles.Config
Ledgers = journal.Config | postgres.Config
