// node browser_http2_websocket.js NODE_MODULES CHROMIUM WSS_PORT: Chromium has a connection of HTTP/2 from a
// page of that port, and begins WebSockets on it.
'use strict';
const path = require('path');
const [modules, executablePath, port] = process.argv.slice(2);
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
    const response = await page.goto(`https://localhost:${port}/`);
    console.log(`page ${response.status()}`);
    for (const text of ['hello', 'x'.repeat(300000)]) {
      const answer = await page.evaluate(([url, said]) => new Promise((done, fail) => {
        const socket = new WebSocket(url, ['a', 'b']);
        socket.onopen = () => socket.send(said);
        socket.onmessage = (event) => { socket.close(1000); done([event.data, socket.protocol]); };
        socket.onerror = () => fail(new Error('no WebSocket'));
      }), [`wss://localhost:${port}/ws`, text]);
      console.log(`wss ${answer[0] === text ? 'same' : 'different'} ${answer[1]}`);
    }
  } finally {
    await browser.close();
  }
})().catch((error) => { console.error(error); process.exit(1); });
