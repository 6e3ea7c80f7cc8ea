"""Many recordings at once: a folder, a list or an object store in, tables of repetitions and sessions out."""
