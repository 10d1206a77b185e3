package a.b.d

x := data.a.b.c

roots := data.system.bundles[_].manifest.roots
