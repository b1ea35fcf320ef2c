// node browser.js NODE_MODULES CHROMIUM HTTPS_PORT WSS_PORT: Chromium loads the page and talks over wss.
'use strict';
const path = require('path');
const [modules, executablePath, httpsPort, wssPort] = process.argv.slice(2);
const { chromium } = require(path.join(modules, 'playwright-core'));

(async () => {
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--ignore-certificate-errors'],
  });
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const response = await page.goto(`https://localhost:${httpsPort}/`);
    console.log(`page ${response.status()}`);
    const answer = await page.evaluate((url) => new Promise((done, fail) => {
      const socket = new WebSocket(url);
      socket.onopen = () => socket.send('hello from a browser');
      socket.onmessage = (event) => { socket.close(1000); done(event.data); };
      socket.onerror = () => fail(new Error('no WebSocket'));
    }), `wss://localhost:${wssPort}/`);
    console.log(`wss ${answer}`);
  } finally {
    await browser.close();
  }
})().catch((error) => { console.error(error); process.exit(1); });
