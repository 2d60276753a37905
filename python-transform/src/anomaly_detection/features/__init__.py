"""Which columns a model looks at, guessed or given, and what they become: codes and numbers."""
