// SPDX-License-Identifier: Apache-2.0
// What is wrong with the page as it is drawn, one line each. Rules of WCAG 2.2, level AA.
const problems = [];
const name = (element) => `<${element.tagName.toLowerCase()}${element.className ? '.' + element.className : ''}> "${element.textContent.trim().slice(0, 40)}"`;
const isShown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== 'hidden' && box.right > 0;
};

// 1.4.3 Contrast: every text against what is behind it.
const channel = (value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
};
const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const over = ([r, g, b, a = 1], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
const behind = (element) => {
    if (!element) return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
    const colour = parse(getComputedStyle(element).backgroundColor);
    return colour.length === 4 && colour[3] < 1 ? over(colour, behind(element.parentElement)) : colour;
};
let texts = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !isShown(element) || element.tagName === 'SCRIPT') continue;
    texts += 1;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const pair = [luminance(over(parse(style.color), ground)), luminance(ground)].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    const pixels = parseFloat(style.fontSize);
    const isLarge = pixels >= 24 || (pixels >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) problems.push(`contrast ${ratio.toFixed(2)}: ${name(element)}`);
    if (pixels < 12) problems.push(`${pixels} px is too small: ${name(element)}`);
}
if (texts < 40) problems.push(`only ${texts} texts were looked at`);

// Landmarks and headings.
for (const landmark of ['header', 'main', 'footer']) {
    const count = document.querySelectorAll(`body > ${landmark}`).length;
    if (count !== 1) problems.push(`${count} landmarks <${landmark}>`);
}
if (!document.documentElement.lang) problems.push('no language');
if (!document.title.trim()) problems.push('no title');
if (!document.querySelector('meta[name=viewport]')) problems.push('no viewport');
const levels = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((heading) => Number(heading.tagName[1]));
if (levels.filter((level) => level === 1).length !== 1) problems.push('not exactly one h1');
levels.forEach((level, n) => {
    if (n > 0 && level > levels[n - 1] + 1) problems.push(`a heading skips from h${levels[n - 1]} to h${level}`);
});
for (const section of document.querySelectorAll('section, article')) {
    const id = section.getAttribute('aria-labelledby');
    if (id && !document.getElementById(id)) problems.push(`${name(section)} is labelled by #${id}, which is not there`);
    if (section.tagName === 'SECTION' && !id) problems.push(`${name(section)} has no label`);
}

// Names, ids, structure.
for (const element of document.querySelectorAll('a, button, summary')) {
    const label = (element.getAttribute('aria-label') || element.textContent).trim();
    if (!label) problems.push(`${name(element)} has no name`);
    if (element.tagName === 'A' && !element.getAttribute('href')) problems.push(`${name(element)} leads nowhere`);
}
for (const image of document.images) if (!image.alt) problems.push('an image without alt');
const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) problems.push(`id ${id} is there twice`);
for (const cell of document.querySelectorAll('th')) if (!cell.scope) problems.push(`${name(cell)} has no scope`);
for (const list of document.querySelectorAll('ul, ol')) {
    if ([...list.children].some((child) => child.tagName !== 'LI')) problems.push(`${name(list)} holds more than items`);
}
for (const list of document.querySelectorAll('dl')) {
    if ([...list.children].some((child) => !['DT', 'DD'].includes(child.tagName))) problems.push(`${name(list)} holds more than terms`);
}
if (document.scripts.length && document.querySelectorAll('[role=status]').length !== 1) problems.push('news are not announced');

// 1.4.10 Reflow and 2.5.8 Target size.
const root = document.scrollingElement;
if (root.scrollWidth > root.clientWidth) problems.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
for (const element of document.querySelectorAll('button, summary, .links a')) {
    const box = element.getBoundingClientRect();
    if (isShown(element) && Math.min(box.width, box.height) < 24) problems.push(`too small to hit: ${name(element)}`);
}

// Nothing from elsewhere.
for (const resource of performance.getEntriesByType('resource')) {
    if (!resource.name.startsWith(location.origin + '/')) problems.push(`loaded from elsewhere: ${resource.name}`);
}
return problems;
