# policy service
package test

default result := false

result if input.host.lattice == "default"
