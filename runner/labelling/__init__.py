"""The best prompt on the rest: a stream of rows in, a record of labels out, in constant memory."""
