"""Values and rules that know no protocol, no plugin and no input or output."""
