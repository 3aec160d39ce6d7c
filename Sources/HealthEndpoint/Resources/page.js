// SPDX-License-Identifier: Apache-2.0
'use strict';
// Keeps the page true while it is open: /v1/stream says when something is new, and the page is fetched again.
(() => {
    const parts = ['header', 'main', 'footer'];
    const live = document.getElementById('live');
    const following = 'Live: this page follows the node.';
    // The node's clock is the one that counts: ages are counted from its time, not from this machine's.
    let ahead = 0;
    let isFetching = false;
    let isWanted = false;
    let lastWord = '';
    let lastRefresh = Date.now();

    const now = () => Date.now() + ahead;

    function brief(milliseconds) {
        const ms = Math.max(0, milliseconds);
        const s = Math.floor(ms / 1000);
        if (s < 1) return `${Math.floor(ms)} ms`;
        if (s < 10) return `${s}.${Math.floor(ms / 100) % 10} s`;
        if (s < 60) return `${s} s`;
        const pair = (a, unit, b, smaller) => `${a} ${unit}` + (b ? ` ${b} ${smaller}` : '');
        if (s < 3600) return pair(Math.floor(s / 60), 'min', s % 60, 's');
        if (s < 86400) return pair(Math.floor(s / 3600), 'h', Math.floor(s % 3600 / 60), 'min');
        return pair(Math.floor(s / 86400), 'd', Math.floor(s % 86400 / 3600), 'h');
    }

    function countOn() {
        for (const age of document.querySelectorAll('.age')) {
            age.textContent = brief(now() - Date.parse(age.dataset.since));
        }
    }

    function setClock() {
        const at = document.getElementById('at');
        if (at) ahead = Date.parse(at.dateTime) - Date.now();
    }

    // Copying needs a secure context: https, or localhost.
    function addCopyButtons() {
        if (!navigator.clipboard) return;
        for (const pre of document.querySelectorAll('.steps pre')) {
            const box = document.createElement('div');
            box.className = 'command';
            pre.replaceWith(box);
            const button = document.createElement('button');
            button.type = 'button';
            button.textContent = 'Copy';
            button.setAttribute('aria-label', `Copy: ${pre.textContent.slice(0, 60)}`);
            button.addEventListener('click', async () => {
                try {
                    await navigator.clipboard.writeText(pre.textContent);
                    button.textContent = 'Copied';
                } catch {
                    button.textContent = 'Not copied';
                }
                setTimeout(() => { button.textContent = 'Copy'; }, 2000);
            });
            box.append(pre, button);
        }
    }

    function clock(time) { return new Date(time).toISOString().slice(11, 19) + ' UTC'; }

    function say(words, isStale) {
        document.body.classList.toggle('stale', isStale);
        if (live.textContent !== words) live.textContent = words;
    }

    // Somebody who reads or copies is not to be disturbed.
    function isBusy() {
        const selection = document.getSelection();
        return selection !== null && !selection.isCollapsed;
    }

    function put(text) {
        const next = new DOMParser().parseFromString(text, 'text/html');
        const unfolded = [...document.querySelectorAll('details[open]')].map((details) => details.id);
        const focused = document.activeElement;
        const focus = focused && focused !== document.body && focused.closest('main')
            ? [...document.querySelectorAll('main a, main button, main summary')].indexOf(focused) : -1;
        for (const part of parts) {
            const old = document.querySelector(`body > ${part}`);
            const fresh = next.querySelector(`body > ${part}`);
            if (old && fresh) old.replaceWith(document.importNode(fresh, true));
        }
        document.title = next.title;
        const icon = next.querySelector('link[rel=icon]');
        if (icon) document.querySelector('link[rel=icon]').setAttribute('href', icon.getAttribute('href'));
        for (const id of unfolded) {
            const details = id && document.getElementById(id);
            if (details) details.open = true;
        }
        setClock();
        addCopyButtons();
        if (focus >= 0) {
            const all = document.querySelectorAll('main a, main button, main summary');
            if (all[focus]) all[focus].focus({ preventScroll: true });
        }
    }

    async function refresh() {
        if (isFetching || isBusy() || document.hidden) {
            isWanted = true;
            if (isBusy()) say(`Waits while text is selected. What is shown is from ${clock(lastRefresh + ahead)}.`, false);
            return;
        }
        isFetching = true;
        isWanted = false;
        try {
            // Unconditionally: the tag is of what is news, and the clock and the latencies are to move, too.
            const answer = await fetch(location.pathname, { headers: { Accept: 'text/html' }, cache: 'no-store' });
            if (answer.ok) {
                put(await answer.text());
                lastRefresh = Date.now();
                if (live.textContent.startsWith('Waits')) say(following, false);
            }
        } catch {
            // The stream says when the daemon is there again.
        } finally {
            isFetching = false;
        }
    }

    function follow() {
        const stream = new EventSource('v1/stream');
        stream.addEventListener('open', () => {
            say(following, false);
        });
        stream.addEventListener('state', (event) => {
            const state = JSON.parse(event.data);
            const word = `${state.verdict}: ${state.headline}`;
            if (lastWord && word !== lastWord) say(`Now ${word}`, false);
            lastWord = word;
            refresh();
        });
        stream.addEventListener('incident', refresh);
        stream.addEventListener('error', () => {
            say(`Not live: the daemon does not answer. What is shown is from ${clock(lastRefresh + ahead)}.`, true);
            if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
        });
    }

    setClock();
    addCopyButtons();
    setInterval(countOn, 1000);
    // Latencies and totals are no news, but they are not to be old either.
    setInterval(() => { if (isWanted || Date.now() - lastRefresh > 15000) refresh(); }, 1000);
    document.addEventListener('visibilitychange', () => { if (!document.hidden && isWanted) refresh(); });
    follow();
})();
