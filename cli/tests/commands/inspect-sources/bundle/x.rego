package x
import data.p.q
y := q.r
