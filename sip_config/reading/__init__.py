"""The files of a configuration's folder, as plain data in which every value has its place."""
