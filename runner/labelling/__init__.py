"""Labels many texts with one prompt: a stream of rows in, a file of labels out, in constant memory."""
