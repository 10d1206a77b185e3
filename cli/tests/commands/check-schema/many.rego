package many

a if x1

b if x2

c if x3
