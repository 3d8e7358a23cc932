"""The functional core: plain function calls over values."""
