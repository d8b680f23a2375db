# shellcheck shell=bash
# tool: playwright-core
# does: drives Chromium: two pages, a click, a screenshot
# image: matrix
# version: node --version
npm config set cache /opt/npm-cache
echo '{"name": "project", "version": "1.0.0", "type": "module"}' >package.json
npm install --offline --no-audit --no-fund playwright-core
cat >x.mjs <<'J'
import { chromium } from 'playwright-core';
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const context = await browser.newContext();
const [one, two] = [await context.newPage(), await context.newPage()];
await one.setContent('<button onclick="this.textContent = 6 * 7">press</button>');
await one.click('button');
await two.setContent('<p>second</p>');
await two.screenshot({ path: 'two.png' });
console.log(await one.textContent('button'), await two.textContent('p'));
await browser.close();
J
[[ $(timeout 100 node x.mjs) == '42 second' ]]
[[ $(convert two.png -format '%w' info:) == 1280 ]]
