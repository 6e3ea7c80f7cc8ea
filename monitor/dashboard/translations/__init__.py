"""The translations of the window: a .ts file a language for people, a .qm file for Qt."""
