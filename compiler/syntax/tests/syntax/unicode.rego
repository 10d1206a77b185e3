package unicode

	p	:=	"äöü" # tab, blank
q := "ä" if { "日本" == "日" }
x٣ := 1
