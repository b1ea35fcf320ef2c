// node browser_http3.js NODE_MODULES CHROMIUM PORT SPKI_HASH: Chromium loads the page by HTTP/3, twice.
'use strict';
const path = require('path');
const [modules, executablePath, port, spki] = process.argv.slice(2);
const { chromium } = require(path.join(modules, 'playwright-core'));

(async () => {
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--enable-quic',
      `--origin-to-force-quic-on=localhost:${port}`,
      `--ignore-certificate-errors-spki-list=${spki}`,
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    for (let i = 0; i < 2; i++) {
      const response = await page.goto(`https://localhost:${port}/`);
      const how = await page.evaluate(
        () => performance.getEntriesByType('navigation')[0].nextHopProtocol);
      const http = await page.locator('tr', { hasText: 'protocol' }).locator('td').innerText();
      console.log(`page ${response.status()} ${how} ${http}`);
    }
  } finally {
    await browser.close();
  }
})().catch((error) => { console.error(error); process.exit(1); });
