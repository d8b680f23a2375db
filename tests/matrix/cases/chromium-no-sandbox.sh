# shellcheck shell=bash
# tool: Chromium --no-sandbox
# does: headless, runs JavaScript, takes a screenshot
# image: matrix
# version: chromium --version
echo '<body style="background: #00ff00"><script>document.title = [1, 2, 3].map(x => x * 7).join()</script>' >x.html
chromium --headless --no-sandbox --disable-gpu --window-size=200,100 --screenshot="$PWD/x.png" "file://$PWD/x.html" 2>log
[[ $(convert x.png -format '%w %h %[pixel:p{100,50}]' info:) == '200 100 '*'(0,255,0)' || $(convert x.png -format '%[pixel:p{100,50}]' info:) == lime ]]
chromium --headless --no-sandbox --disable-gpu --dump-dom "file://$PWD/x.html" 2>log | has '<title>7,14,21</title>'
