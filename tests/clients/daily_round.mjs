// What somebody does in a phone app in a day, through lemmy-js-client: `node daily_round.mjs URL NAME PASSWORD PEER PEER_PASSWORD`.
// Every answer is checked. Prints, as its last line, what it made, so that whoever started it can look for it by other means.

import assert from "node:assert/strict";
import { LemmyHttp } from "lemmy-js-client";

const [url, name, password, peerName, peerPassword] = process.argv.slice(2);
const LINK = "https://link.example/article?page=2";

async function loggedIn(name, password) {
  const client = new LemmyHttp(url);
  const { jwt, registration_created, verify_email_sent } = await client.login({ username_or_email: name, password });
  assert.ok(jwt, "login gives a token");
  assert.equal(registration_created, false);
  assert.equal(verify_email_sent, false);
  client.setHeaders({ Authorization: `Bearer ${jwt}` });
  return client;
}

async function refused(code, call) {
  await assert.rejects(call, { message: code });
}

const anonymous = new LemmyHttp(url);
await refused("incorrect_login", () => anonymous.login({ username_or_email: name, password: "not the password" }));
const me = await loggedIn(name, password);
const peer = await loggedIn(peerName, peerPassword);

// The site, before and after login.
const site = await me.getSite();
assert.match(site.version, /^0\.19\.\d+$/);
assert.equal(site.my_user.local_user_view.person.name, name);
assert.equal((await anonymous.getSite()).my_user, undefined);
const myId = site.my_user.local_user_view.person.id;

// A community.
const community = (await me.createCommunity({ name: "phones", title: "Phones & *apps*", description: "**Ring** ring" })).community_view;
assert.equal(community.community.title, "Phones & *apps*");
assert.equal(community.subscribed, "Subscribed", "who founds a community follows it");
const community_id = community.community.id;
const read = await anonymous.getCommunity({ name: "phones" });
assert.equal(read.community_view.community.id, community_id);
assert.deepEqual(read.moderators.map((each) => each.moderator.name), [name]);
await refused("community_already_exists", () => me.createCommunity({ name: "phones", title: "Again" }));

// Following it, by somebody else.
const followed = await peer.followCommunity({ community_id, follow: true });
assert.equal(followed.community_view.subscribed, "Subscribed");
assert.equal(followed.community_view.counts.subscribers, 2);

// Posts, one of them with a link.
const post = (await me.createPost({ name: "A linked post", community_id, url: LINK, body: "See *this*.", nsfw: false })).post_view;
assert.equal(post.post.url, LINK);
assert.equal(post.post.body, "See *this*.");
assert.equal(post.my_vote, 1, "one's own post comes with one's vote");
assert.equal(post.counts.score, 1);
const post_id = post.post.id;
const others = [];
for (const title of ["The second", "The third"]) {
  others.push((await peer.createPost({ name: title, community_id })).post_view.post.id);
}
await refused("invalid_post_title", () => me.createPost({ name: "a\nb", community_id }));

// Comments: one on the post, and a reply that arrives in the author's inbox.
const comment = (await me.createComment({ content: "First!", post_id })).comment_view;
assert.equal(comment.comment.path, `0.${comment.comment.id}`);
const reply = (await peer.createComment({ content: "Second :)", post_id, parent_id: comment.comment.id })).comment_view;
assert.equal(reply.comment.path, `0.${comment.comment.id}.${reply.comment.id}`);
assert.equal((await me.getUnreadCount()).replies, 1);
assert.equal((await peer.getUnreadCount()).replies, 0);

// Votes: up, down, changed, taken back.
let voted = (await peer.likePost({ post_id, score: 1 })).post_view;
assert.deepEqual([voted.my_vote, voted.counts.score, voted.counts.upvotes], [1, 2, 2]);
voted = (await peer.likePost({ post_id, score: -1 })).post_view;
assert.deepEqual([voted.my_vote, voted.counts.score, voted.counts.downvotes], [-1, 0, 1]);
voted = (await peer.likePost({ post_id, score: 0 })).post_view;
assert.deepEqual([voted.my_vote, voted.counts.score, voted.counts.downvotes], [undefined, 1, 0]);
await peer.likePost({ post_id, score: 1 });
const liked = (await me.likeComment({ comment_id: reply.comment.id, score: -1 })).comment_view;
assert.deepEqual([liked.my_vote, liked.counts.score, liked.counts.downvotes], [-1, 0, 1]);

// The list of posts in every order that apps offer first, and walked by cursor.
const all = [post_id, ...others];
const ids = (answer) => answer.posts.map((each) => each.post.id);
for (const sort of ["Hot", "Active", "New", "Scaled"]) {
  const listed = await me.getPosts({ type_: "All", sort, limit: 50 });
  assert.deepEqual(new Set(ids(listed)), new Set(all), `${sort} lists every post`);
  const walked = [];
  let page_cursor;
  do {
    const page = await me.getPosts({ type_: "Local", sort, limit: 1, page_cursor });
    walked.push(...ids(page));
    page_cursor = page.next_page;
  } while (page_cursor && walked.length < 10);
  assert.deepEqual(walked, ids(listed), `a walk by ${sort} sees what one long page shows`);
}
assert.deepEqual(ids(await anonymous.getPosts({ type_: "All", sort: "New" })), [...all].reverse());
assert.equal((await peer.getPosts({ type_: "Subscribed", sort: "Hot" })).posts.length, 3);

// One post with its community, and its comments as a tree.
const opened = await me.getPost({ id: post_id });
assert.deepEqual([opened.post_view.post.name, opened.community_view.community.name], ["A linked post", "phones"]);
assert.deepEqual([opened.post_view.counts.comments, opened.post_view.counts.score], [2, 2]);
const tree = await me.getComments({ post_id, type_: "All", sort: "Hot", max_depth: 8 });
assert.deepEqual(tree.comments.map((each) => each.comment.content), ["First!", "Second :)"]);
assert.equal(tree.comments[0].counts.child_count, 1);
const branch = await me.getComments({ post_id, parent_id: comment.comment.id, type_: "All", sort: "New" });
assert.deepEqual(new Set(branch.comments.map((each) => each.comment.id)), new Set([comment.comment.id, reply.comment.id]));

// Saved and read.
assert.equal((await me.savePost({ post_id, save: true })).post_view.saved, true);
assert.deepEqual(ids(await me.getPosts({ type_: "All", saved_only: true })), [post_id]);
assert.equal((await me.markPostAsRead({ post_ids: others, read: true })).success, true);
assert.equal((await me.getPost({ id: others[0] })).post_view.read, true);
assert.deepEqual(ids(await me.getPosts({ type_: "All", show_read: false })), []);

// Profiles.
const profile = await anonymous.getPersonDetails({ username: name, sort: "New" });
assert.equal(profile.person_view.person.id, myId);
assert.deepEqual(profile.posts.map((each) => each.post.id), [post_id]);
assert.deepEqual(profile.comments.map((each) => each.comment.content), ["First!"]);
assert.deepEqual([profile.person_view.counts.post_count, profile.person_view.counts.comment_count], [1, 1]);
assert.deepEqual(profile.moderates.map((each) => each.community.name), ["phones"]);

// The way out: the token is worth nothing afterwards.
await me.validateAuth();
assert.equal((await me.logout()).success, true);
await refused("not_logged_in", () => me.validateAuth());
await refused("incorrect_login", () => me.createComment({ content: "Too late", post_id }));

console.log(JSON.stringify({ community_id, post_id, comments: ["First!", "Second :)"], link: LINK }));
