package p

# An input that is null is an input all the same.
given if input == null

shape := type_name(input)

absent if not given
