// What script adds to pages that work without it. Nothing here is needed: where it is blocked, fails or meets an answer it does not
// expect, the plain link or form does the work. No markup is ever made from text (the policy has require-trusted-types-for 'script'):
// pages come parsed by XMLHttpRequest, everything else is text nodes.
(() => {
  'use strict';
  if (!HTMLFormElement.prototype.requestSubmit) return; // a browser as old as that has the plain pages
  const root = document.body, given = root.dataset, me = given.me;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, fields, ...inside) => {
    const made = Object.assign(document.createElement(tag), fields);
    for (const each of inside) Array.isArray(each) ? made.setAttribute(...each) : made.append(each);
    return made;
  };
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const show = (what, block = 'nearest') => what.scrollIntoView({ block, behavior: calm ? 'auto' : 'smooth' });

  // One line at the foot of the window, read out by screen readers.
  const line = make('p', { className: 'toast' }, ['role', 'status']);
  root.append(line);
  let fading;
  const say = text => {
    line.textContent = text;
    clearTimeout(fading);
    fading = setTimeout(() => { line.textContent = ''; }, 6000);
  };

  // Words of our own come in the language of the page, once a day.
  let coming;
  const words = () => {
    coming = coming || fetch(`/words?language=${me || document.documentElement.lang}`).then(answer => answer.json()).catch(() => {
      coming = null;
      return { pairs: [] };
    });
    return coming;
  };

  // What is kept in this browser; private windows may refuse.
  const kept = (name, value) => {
    try {
      if (value === undefined) return JSON.parse(localStorage.getItem(name)) || [];
      localStorage.setItem(name, JSON.stringify(value));
    } catch { /* then nothing is remembered */ }
    return [];
  };

  // Asking the server
  const goal = (form, button) => (button && button.getAttribute('formaction')) || form.getAttribute('action') || location.href;
  const fields = (form, button) => {
    const sent = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === 'string') sent.append(name, value);
    if (button && button.name) sent.append(button.name, button.value);
    return sent;
  };
  const load = (address, sent) => new Promise(done => {
    const asking = new XMLHttpRequest();
    asking.open(sent ? 'POST' : 'GET', address);
    asking.responseType = 'document';
    asking.timeout = 20000;
    asking.onload = () => done(asking.status < 400 ? asking.response : null);
    asking.onerror = asking.ontimeout = asking.onabort = () => done(null);
    asking.send(sent || null);
  });
  // A wish that was granted is answered by sending the browser back; any other answer is for the reader to see.
  const grant = async (form, button) => {
    try {
      const answer = await fetch(goal(form, button), { method: 'POST', body: fields(form, button), redirect: 'manual' });
      return answer.type === 'opaqueredirect';
    } catch {
      return false;
    }
  };
  const plain = new WeakSet();
  // Not at once: a form that is still telling of one submission takes no other.
  const plainly = (form, button) => setTimeout(() => {
    plain.add(form);
    form.requestSubmit(button);
  });

  // Forms
  const isLost = (form, button) =>
    button.matches('.bad, [name=deleted]:not([value=false]), [name=delete], [name=dismiss], [name=transfer], [name=leave]') &&
    !one('input:not([type=hidden]), textarea, select', form);
  document.addEventListener('submit', event => {
    const form = event.target, button = event.submitter;
    if (!button || event.defaultPrevented || plain.delete(form)) return;
    const way = !me ? null
      : isLost(form, button) ? ask
        : button.matches('.up, .dn') ? vote
          : button.matches('[name=saved], [name=read], [name=hidden]') && !one('[name=posts]', form) && !/all$/.test(goal(form, button)) ? toggle
            : button.name === 'deed' ? look : null;
    if (!way) return;
    event.preventDefault();
    const place = button.closest('.tools') || form; // comments of a long thread share a form
    if (place.hasAttribute('aria-busy')) return;
    place.setAttribute('aria-busy', 'true');
    way(form, button).then(done => {
      place.removeAttribute('aria-busy');
      if (!done) plainly(form, button);
    });
  });

  const ask = async (form, button) => {
    const { sure = '{what}?' } = await words();
    return !confirm(sure.replace('{what}', button.textContent.trim()));
  };

  const vote = async (form, button) => {
    if (!await grant(form, button)) return false;
    const shared = { up: 1, down: -1, unvote: 0 }, slim = button.name in shared, within = slim ? button.closest('.tools') : form;
    const wished = slim ? shared[button.name] : Number(button.value);
    const moved = [['.up', 1, 'up'], ['.dn', -1, 'down']].map(([selector, worth, name]) => {
      const arrow = one(selector, within);
      if (!arrow) return 0;
      const was = arrow.getAttribute('aria-pressed') === 'true', is = wished === worth;
      arrow.setAttribute('aria-pressed', is);
      if (slim) arrow.name = is ? 'unvote' : name;
      else arrow.value = is ? 0 : worth;
      return is - was;
    });
    const score = one('b', within);
    if (!score) return true;
    const number = score.textContent.trim().replace('\u2212', '-');
    if (/^-?\d{1,3}$/.test(number)) score.textContent = String(Number(number) + moved[0] - moved[1]).replace('-', '\u2212');
    let place = 0;
    score.title = score.title.replace(/\d+/g, digits => Number(digits) + (moved[place++] || 0));
    return true;
  };

  const toggle = async (form, button) => {
    const { pairs } = await words(), said = button.textContent.trim();
    const pair = pairs.find(each => each.includes(said));
    if (!pair || !await grant(form, button)) return false;
    const on = button.value === 'true';
    button.textContent = pair[1 - pair.indexOf(said)];
    button.value = String(!on);
    const item = button.closest('.noted, .post');
    if (!item || button.name === 'saved') return true;
    if (button.name === 'hidden') item.classList.toggle('gone', on);
    if (button.name === 'read') {
      item.classList.toggle('read', on && !item.matches('.noted, .note'));
      if (item.matches('.noted, .note')) {
        item.classList.toggle('fresh', !on);
        all('.why .tag, .meta > .tag.main', item).forEach(each => { each.hidden = on; });
        count();
      }
    }
    return true;
  };

  // The text as it will be read, and what the server found besides, above the button.
  const look = async (form, button) => {
    const page = await load(goal(form, button), fields(form, button));
    const area = one('textarea[name=content], textarea[name=body]', form);
    const there = page && area && one(`main textarea[name=${area.name}]`, page);
    if (!there) return false;
    const parts = all('.seen, form > .alike, form > .notice, .alert', there.form);
    const box = one(':scope > .looked', form) || make('div', { className: 'looked' }, ['aria-live', 'polite']);
    const title = form.elements.name, found = there.form.elements.name;
    if (title && found && !title.value) title.value = found.value;
    all(':scope > .seen', form).forEach(each => each.remove());
    button.closest('.row, .beside').before(box);
    box.replaceChildren(...parts.map(each => document.adoptNode(each)));
    show(box);
    return true;
  };

  // Answering and editing where one reads
  let forms = 0;
  const write = async link => {
    const tools = link.closest('.tools');
    const open = tools.nextElementSibling;
    if (open && open.matches('.inplace')) return open.remove();
    const page = await load(link.href), form = page && one('main form[method=post]', page);
    if (!form || !one('textarea', form)) return location.assign(link.href);
    forms += 1;
    for (const name of ['id', 'for', 'aria-describedby']) {
      all(`[${name}]`, form).forEach(each => each.setAttribute(name, `${each.getAttribute(name)}-${forms}`));
    }
    form.classList.add('inplace');
    all('[autofocus]', form).forEach(each => each.removeAttribute('autofocus'));
    tools.after(document.adoptNode(form));
    one('.row a', form).addEventListener('click', event => {
      event.preventDefault();
      form.remove();
      link.focus();
    });
    one('textarea', form).focus();
    show(form);
  };

  // The menu of a comment in a long thread comes from the comment's own page.
  const unfold = async link => {
    const tools = link.closest('.tools'), { id } = link.closest('article');
    const page = await load(link.href), whole = page && one(`#${id} form.tools`, page);
    if (!whole) return location.assign(link.href);
    tools.replaceWith(document.adoptNode(whole));
    const menu = one('details', whole);
    menu.open = true;
    return one('summary', menu).focus();
  };

  // Pictures open over the page, as large as the window lets them.
  const enlarge = async image => {
    const said = await words();
    const big = make('img', { src: image.currentSrc || image.src, alt: image.alt });
    const button = make('button', { className: 'button', autofocus: true }, said.close || '\u00d7');
    const box = make('dialog', { className: 'viewer' }, ['aria-label', image.alt || said.close || ''], big, make('form', { method: 'dialog' }, button));
    box.addEventListener('click', event => { if (event.target !== button) box.close(); });
    box.addEventListener('close', () => box.remove());
    root.append(box);
    box.showModal();
  };

  document.addEventListener('click', event => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest('.c .tools > a[href$="/reply"], .c .tools > a[href$="/edit"]');
    if (link && me && !event.defaultPrevented) {
      event.preventDefault();
      write(link);
    }
    const image = event.target.closest('.matter .picture img, .md img:not([title^="emoji "])');
    if (image && !image.closest('.md a') && !event.defaultPrevented) {
      event.preventDefault();
      enlarge(image);
      return;
    }
    const more = event.target.closest('p.tools > a:last-child');
    if (more && me && !event.defaultPrevented && /\/comment\/\d+$/.test(more.href)) {
      event.preventDefault();
      unfold(more);
      return;
    }
    const summary = event.target.closest('.c > details > summary');
    if (summary) remember(summary.parentNode);
    all('details.menu[open]').forEach(menu => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // Threads that were folded stay folded.
  const remember = thread => {
    const id = thread.parentNode.id, others = kept('folded').filter(each => each !== id);
    kept('folded', thread.open ? [...others, id].slice(-500) : others);
  };
  const folded = new Set(kept('folded'));
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (folded.size) {
    all('.c').forEach(comment => {
      if (folded.has(comment.id) && !(target && comment.contains(target))) one(':scope > details', comment).open = false;
    });
  }

  // Menus: closed by Escape; with a way to copy the address.
  const copy = async text => {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no clipboard on plain http, as under an onion name
      const field = make('textarea', { value: text, className: 'hush' });
      root.append(field);
      field.select();
      document.execCommand('copy');
      field.remove();
    }
    say((await words()).copied);
  };
  document.addEventListener('toggle', event => {
    const menu = event.target, list = menu.open && menu.matches('.deeds .menu, .tools .menu') && one('div', menu);
    if (!list || one('.copy', list)) return;
    const link = one('h1 a[href^="/"], h2 a, .when, .by > a:last-of-type', menu.closest('article'));
    const button = make('button', { type: 'button', className: 'copy' });
    words().then(said => { button.textContent = said.copy || '#'; });
    button.addEventListener('click', () => {
      copy(link ? link.href : location.href.split('#')[0]);
      menu.open = false;
      one('summary', menu).focus();
    });
    list.append(button);
  }, true);

  // Pictures come in by paste and by drag; their description is asked for at once.
  const takes = area => me && area && area.matches && area.matches('textarea[name=content], textarea[name=body]');
  const upload = async (area, file) => {
    const said = await words();
    const mark = `![${said.sending}](${file.name.replace(/[[\]()\n]/g, '')})`;
    const replace = text => {
      const at = area.value.indexOf(mark);
      if (at < 0) return;
      area.setRangeText(text, at, at + mark.length, 'end');
      area.dispatchEvent(new Event('input', { bubbles: true }));
      if (text) area.setSelectionRange(at + 2, at + 2);
    };
    area.setRangeText(mark, area.selectionStart, area.selectionEnd, 'end');
    const sent = new FormData();
    sent.append('csrf', one('input[name=csrf]').value);
    sent.append('picture', file);
    try {
      const answer = await fetch('/settings/uploads', { method: 'POST', body: sent });
      const name = answer.ok && new URL(answer.url).searchParams.get('added');
      if (!name) throw new Error();
      replace(`![](${location.origin}/pictrs/image/${name})`);
      say(said.describe);
    } catch {
      replace('');
      say(said.failed);
    }
  };
  const bring = (event, brought) => {
    const files = brought ? [...brought.files].filter(file => /^(image|video)\//.test(file.type)) : [];
    if (!files.length || !takes(event.target)) return;
    event.preventDefault();
    files.forEach(file => upload(event.target, file));
  };
  document.addEventListener('paste', event => bring(event, event.clipboardData));
  document.addEventListener('drop', event => bring(event, event.dataTransfer));
  document.addEventListener('dragover', event => {
    if (takes(event.target) && event.dataTransfer.types.includes('Files')) event.preventDefault();
  });

  // What is chosen becomes bold, italic or a link, and what is so already is plain again.
  const embrace = (area, before, after) => {
    const { selectionStart: start, selectionEnd: end, value } = area, chosen = value.slice(start, end);
    const done = value.slice(start - before.length, start) === before && value.slice(end, end + after.length) === after;
    if (done) area.setRangeText(chosen, start - before.length, end + after.length, 'select');
    else {
      area.setRangeText(before + chosen + after, start, end, 'select');
      area.setSelectionRange(start + before.length, end + before.length);
    }
    area.dispatchEvent(new Event('input', { bubbles: true }));
  };

  // Names are completed after @ and !.
  let list, waiting, asked = 0;
  const typed = area => (/(?:^|[\s(])([@!][\w.@-]{2,60})$/.exec(area.value.slice(0, area.selectionStart)) || [])[1];
  const close = () => {
    clearTimeout(waiting);
    asked += 1;
    if (!list) return;
    list.area.removeAttribute('aria-activedescendant');
    list.box.remove();
    list = null;
  };
  const choose = (area, name) => {
    const end = area.selectionStart, start = end - (typed(area) || '').length;
    close();
    area.setRangeText(`${name} `, start, end, 'end');
    area.focus();
  };
  const mark = at => {
    list.at = (at + list.rows.length) % list.rows.length;
    list.rows.forEach((row, number) => { row.setAttribute('aria-selected', number === list.at); });
    list.area.setAttribute('aria-activedescendant', list.rows[list.at].id);
    show(list.rows[list.at]);
  };
  const complete = async area => {
    const begun = typed(area), turn = (asked += 1);
    if (!begun) return close();
    let names = [];
    try {
      const answer = await fetch(`/mentions?q=${encodeURIComponent(begun)}`);
      names = answer.ok ? await answer.json() : [];
    } catch { /* then one types on */ }
    const said = await words();
    if (turn !== asked) return undefined;
    close();
    if (!names.length) return undefined;
    const rows = names.map((name, number) => {
      const row = make('li', { id: `name-${number}` }, ['role', 'option'], name);
      row.addEventListener('pointerdown', event => {
        event.preventDefault();
        choose(area, name);
      });
      return row;
    });
    const box = make('ul', { className: 'names' }, ['aria-label', said.names || ''], ['role', 'listbox'], ...rows);
    list = { area, box, rows, names, at: 0 };
    area.setAttribute('aria-autocomplete', 'list');
    area.after(box);
    return mark(0);
  };
  document.addEventListener('input', event => {
    if (!takes(event.target)) return;
    clearTimeout(waiting);
    waiting = setTimeout(complete, 250, event.target);
  });
  document.addEventListener('focusout', close);

  // How much is new, asked once a minute while somebody looks, less often where no answer comes.
  const bell = one('.bell[href="/inbox"]'), title = document.title;
  let pause = 60000, last = Date.now();
  const count = async () => {
    last = Date.now();
    try {
      const answer = await fetch('/inbox/unread');
      const { unread, words: shown } = await answer.json(), said = await words();
      all('b', bell).forEach(each => each.remove());
      if (unread) bell.append(make('b', {}, shown, make('span', { className: 'hush' }, ` ${said.unread}`)));
      document.title = unread ? `(${shown}) ${title}` : title;
      pause = 60000;
    } catch {
      pause = Math.min(pause * 2, 1800000);
    }
  };
  if (bell) {
    const tick = () => { if (!document.hidden && Date.now() - last >= pause) count(); };
    setInterval(tick, 15000);
    document.addEventListener('visibilitychange', tick);
  }

  // Reading on without pages
  const watch = pager => {
    new IntersectionObserver(async (seen, watcher) => {
      if (!seen.some(each => each.isIntersecting)) return;
      watcher.disconnect();
      pager.setAttribute('aria-busy', 'true');
      const page = await load(one('a[rel=next]', pager).href);
      pager.removeAttribute('aria-busy');
      const more = page && one('main .list', page), here = one('main .list');
      if (!more || !here) return;
      const known = new Set(all('[id]', here).map(each => each.id));
      here.append(...[...more.children].filter(each => !each.matches('.empty') && !known.has(each.id)).map(each => document.adoptNode(each)));
      const next = one('main .pager', page);
      if (!next) return void pager.remove();
      pager.replaceChildren(...document.adoptNode(next).childNodes);
      watch(pager);
    }, { rootMargin: '600px' }).observe(pager);
  };
  if ('endless' in given) {
    const pager = one('main .list + .pager');
    if (pager && one('a[rel=next]', pager)) watch(pager);
  }

  // What is wider than its place can be scrolled by keys, in browsers that do not see to it themselves.
  all('.md pre, .md table').forEach(each => { if (each.scrollWidth > each.clientWidth) each.tabIndex = 0; });

  // Keys
  const items = () => all('.list > article, .list > .noted, article.whole, .tree .c').filter(each => each.offsetParent);
  const current = () => document.activeElement.closest('.list > article, .noted, article.whole, .c');
  const step = by => {
    const found = items(), at = found.indexOf(current());
    const next = at < 0 ? found[by > 0 ? 0 : found.length - 1] : found[at + by];
    if (!next) return;
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    show(next, next.matches('.c') ? 'start' : 'nearest');
  };
  const own = selector => {
    const item = current() || one('article.whole');
    return item && all(selector, item).find(each => each.closest('article, .noted') === item || !item.matches('.c'));
  };
  const press = selector => {
    const found = own(selector);
    if (found) found.click();
  };
  const help = async () => {
    const open = one('dialog.keys');
    if (open) return open.showModal();
    const page = await load('/keyboard'), matter = page && one('main', page);
    if (!matter) return location.assign('/keyboard');
    const button = make('button', { className: 'button', autofocus: true }, (await words()).close);
    const box = make('dialog', { className: 'keys' }, ['aria-labelledby', 'keys-title'], ...document.adoptNode(matter).childNodes, make('form', { method: 'dialog' }, button));
    root.append(box);
    return box.showModal();
  };
  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    o: () => press('h2 a, h1 a, .when, .by > a:last-of-type'),
    a: () => press('button.up'),
    z: () => press('button.dn'),
    s: () => press('[name=saved]'),
    c: () => press('.talk'),
    r: () => (one('article.whole') && current() && current().matches('.c') ? press('a[href$="/reply"]') : (one('#content') || root).focus()),
    e: () => press('a[href$="/edit"]'),
    x: () => press(':scope > details > summary'),
    n: () => one('.top a[href^="/create_post"]').click(),
    '/': () => one('.find input').focus(),
    '?': help,
  };
  const PLACES = { f: '/', s: '/?listingType=Subscribed', l: '/?listingType=Local', a: '/?listingType=All', c: '/communities', i: '/inbox' };
  let going = 0;
  document.addEventListener('keydown', event => {
    const { key } = event, where = event.target;
    if (list && where === list.area) {
      const deed = { ArrowDown: () => mark(list.at + 1), ArrowUp: () => mark(list.at - 1), Escape: close };
      deed.Enter = deed.Tab = () => choose(list.area, list.names[list.at]);
      if (deed[key] && !event.isComposing) {
        event.preventDefault();
        deed[key]();
      }
      return;
    }
    if (key === 'Escape') {
      all('details.menu[open]').forEach(menu => {
        menu.open = false;
        if (menu.contains(where)) one('summary', menu).focus();
      });
    }
    if (key === 'Enter' && (event.ctrlKey || event.metaKey) && where.matches('textarea')) {
      where.form.requestSubmit(one('.button.main', where.form));
      return;
    }
    const marks = { b: ['**', '**'], i: ['*', '*'], k: ['[', '](https://)'] }[key];
    if (marks && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && takes(where)) {
      event.preventDefault();
      embrace(where, ...marks);
      return;
    }
    if (!('keys' in given) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (where.matches('input:not([type=checkbox], [type=radio]), textarea, select, dialog[open] *')) return;
    const lead = Date.now() - going < 1500;
    going = key === 'g' && !lead ? Date.now() : 0;
    if (lead && PLACES[key]) location.assign(PLACES[key]);
    else if (!lead && KEYS[key]) KEYS[key]();
    else return;
    event.preventDefault();
  });
})();
