"""What programs put on the clipboard as HTML, as each of them writes it; words of our own."""

WORD = r"""<html xmlns:v="urn:schemas-microsoft-com:vml"
xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word"><head>
<meta http-equiv=Content-Type content="text/html; charset=utf-8">
<meta name=Generator content="Microsoft Word 15">
<link rel=File-List href="file:///C:/Temp/msohtmlclip1/01/clip_filelist.xml">
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->
<style><!-- /* List Definitions */ @list l0 {mso-list-id:41; mso-list-type:hybrid;}
p.MsoNormal {margin:0cm; font-size:11.0pt;} --></style></head>
<body lang=NL link="#0563C1" style='tab-interval:35.4pt;word-wrap:break-word'>
<!--StartFragment-->
<p class=MsoNormal><span style='mso-fareast-language:NL'>Geachte heer/mevrouw,<o:p></o:p></span></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoNormal>Wij vragen uw raad om drie dingen, die wij hieronder
in een lange<span style='mso-spacerun:yes'>  </span>zin noemen.<del>Weg.</del><o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if
!supportLists]><span style='mso-bidi-font-family:Calibri'><span style='mso-list:Ignore'>1.<span
style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>Noem
een <b style='mso-bidi-font-weight:normal'>bedrag</b>.<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;mso-add-space:auto;text-indent:-18.0pt;
mso-list:l0 level2 lfo1'><![if !supportLists]><span style='font-family:"Courier New"'><span
style='mso-list:Ignore'>o<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;
</span></span></span><![endif]>per wijk<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;mso-list:l0 level2 lfo1'><span
style='mso-list:Ignore'>o<span>&nbsp; </span></span>per jaar<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><span
style='mso-list:Ignore'>2.<span>&nbsp; </span></span>Wijs een wethouder aan.<o:p></o:p></p>
<p class=MsoNormal>Tussen de punten.<o:p></o:p></p>
<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><span
style='mso-list:Ignore'>3.<span>&nbsp; </span></span>Lees het <a
href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fademruimte.example%2Fplan%3Fx%3D1&amp;data=05%7C02&amp;reserved=0">plan</a>.<o:p></o:p></p>
<table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0 style='border-collapse:collapse'>
<tr><td width=120 valign=top><p class=MsoNormal>Wanneer<o:p></o:p></p></td><td><p
class=MsoNormal>do 4 juni<o:p></o:p></p></td></tr>
<tr><td><p class=MsoNormal>Waar<o:p></o:p></p></td><td><p class=MsoNormal>Haarlem</p></td></tr></table>
<p class=MsoNormal><span style='mso-hide:all'>geheim</span><img width=62 height=40
src="file:///C:/Temp/msohtmlclip1/01/clip_image001.png"
onerror="alert(1)"></p>
<p class=MsoNormal>Met vriendelijke groet,<br>
<a name="_Hlk1">Noor</a> de Wit<o:p></o:p></p>
<!--EndFragment--></body></html>"""

OUTLOOK = """<html><head><meta charset="UTF-8"></head><body>
<div class="elementToProof" style="font-family: Aptos, sans-serif; font-size: 12pt;">Beste collega’s,</div>
<div class="elementToProof"><br></div>
<div class="elementToProof">De brief is klaar. Zie <a href="https://urldefense.com/v3/__https://ademruimte.example/b__;!!Xy$"
id="LPlnk1" data-auth="NotApplicable">de brief</a>.</div>
<div><br></div>
<div id="Signature"><div>Groet,</div><div>Noor</div><div>06 12345678</div></div>
<script>alert(1)</script></body></html>"""

DOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-0a1b"><h2 dir="ltr"
style="line-height:1.38"><span style="font-size:16pt;font-weight:700">Oproep</span></h2><p dir="ltr"
style="line-height:1.38"><span style="font-weight:700;font-style:normal">Vet</span><span
style="font-weight:400"> en gewoon, en </span><a href="https://www.google.com/url?q=https://ademruimte.example/plan&amp;sa=D&amp;ust=1"
style="text-decoration:none"><span style="color:#1155cc;text-decoration:underline">hier</span></a><span>.</span></p><ul
style="margin-top:0"><li dir="ltr" style="list-style-type:disc" aria-level="1"><p dir="ltr"
role="presentation"><span>een</span></p></li><ul><li dir="ltr" aria-level="2"><p role="presentation"><span>daaronder</span></p></li></ul><li
dir="ltr" aria-level="1"><p role="presentation"><span style="font-style:italic">twee</span></p></li></ul></b>"""

ONLINE = """<div class="OutlineElement Ltr"><div class="ListContainerWrapper SCXW1"><ul class="BulletListStyle1"
role="list"><li data-leveltext="●" data-aria-level="1" role="listitem"><p class="Paragraph"><span
class="TextRun" data-contrast="auto"><span class="NormalTextRun">een</span></span><span
class="EOP">&nbsp;</span></p></li></ul></div><div class="ListContainerWrapper"><ul role="list"><li
data-aria-level="2" role="listitem"><p><span>daaronder</span></p></li></ul></div><div
class="ListContainerWrapper"><ul role="list"><li data-aria-level="1"><p>twee</p></li></ul></div></div>"""
