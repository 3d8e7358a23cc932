"""Files that publishers and exchanges serve: fetched politely and safely, kept, and mapped once compiled."""
