// Nothing is called from outside: the functions stand in for the C library's.
