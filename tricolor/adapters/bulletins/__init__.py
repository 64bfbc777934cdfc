"""Writers of the bulletin's files: .pdf by typst, .docx by python-docx, .xlsx by openpyxl; charts by matplotlib."""
