// Every method of lemmy-js-client, once: `node every_method.mjs URL ADMIN PASSWORD TOKEN_OF_RESET TOKEN_OF_PROOF`.
// The site must not be set up yet; the two tokens are what mails would carry. A method that the table below lacks is a failure, and all
// failures are told, not the first one only. Prints, as its last line, what was asked for each method, as "METHOD /path STATUS".

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { LemmyHttp } from "lemmy-js-client";

const [url, adminName, password, resetToken, proofToken] = process.argv.slice(2);

// What asks nothing of a server.
const NO_CALLS = new Set(["constructor", "setHeaders"]);

const GRANTED = new Set([200, 201, 204]);
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==", "base64");

// What a field may have to be, where the table does not know its very value.
const number = Number.isInteger;
const text = (value) => typeof value === "string" && value.length > 0;
const some = (value) => Array.isArray(value) && value.length > 0;
const list = Array.isArray;
const moment = (value) => text(value) && !Number.isNaN(Date.parse(value));

const asked = [];
let numbers = 0;

// A client that notes what it asks. Each of its calls comes from an address of its own, which is believed from loopback: no rate limits.
function client(jwt) {
  const fetchFunction = async (address, { headers, ...rest }) => {
    numbers += 1;
    const from = { "X-Forwarded-For": `10.9.${numbers >> 8}.${numbers & 255}` };
    const response = await fetch(address, { ...rest, headers: { ...headers, ...from } });
    asked.push({ method: rest.method, path: new URL(address).pathname, status: response.status });
    return response;
  };
  const made = new LemmyHttp(url, { fetchFunction });
  if (jwt) made.setHeaders({ Authorization: `Bearer ${jwt}` });
  return made;
}

// What the calls act upon: an admin who founded a community, a member who writes there, a stranger, and whatever a row makes for itself.
class Scene {
  anybody = client();

  async enter() {
    this.admin = await this.loggedIn(adminName);
  }

  async populate() {
    this.member = await this.registered("member");
    this.stranger = await this.registered("stranger");
    this.memberId = await this.idOf("member");
    this.strangerId = await this.idOf("stranger");
    this.communityId = await this.community();
    await this.member.followCommunity({ community_id: this.communityId, follow: true });
    this.postId = await this.post();
    this.commentId = await this.comment();
  }

  name() {
    numbers += 1;
    return `name_${numbers}`;
  }

  async loggedIn(name) {
    return client((await this.anybody.login({ username_or_email: name, password })).jwt);
  }

  async registered(username, more = {}) {
    return client((await this.anybody.register({ username, password, password_verify: password, ...more })).jwt);
  }

  // A row's caller who need not be anybody in particular, and may be lost by it.
  async newcomer() {
    const name = this.name();
    this[name] = await this.registered(name);
    return name;
  }

  async idOf(username) {
    return (await this.anybody.getPersonDetails({ username })).person_view.person.id;
  }

  async person() {
    const name = await this.newcomer();
    return this.idOf(name);
  }

  async community() {
    return (await this.admin.createCommunity({ name: this.name(), title: "A community" })).community_view.community.id;
  }

  async communityOfTwo() {
    const community_id = await this.community();
    await this.admin.addModToCommunity({ community_id, person_id: this.memberId, added: true });
    return community_id;
  }

  async post(more = {}) {
    return (await this.member.createPost({ name: "A post", community_id: this.communityId, ...more })).post_view.post.id;
  }

  async comment(more = {}) {
    return (await this.member.createComment({ content: "A comment", post_id: this.postId, ...more })).comment_view.comment.id;
  }

  async message() {
    const made = await this.admin.createPrivateMessage({ content: "Hello", recipient_id: this.memberId });
    return made.private_message_view.private_message.id;
  }

  // The note that tells the member of a new answer.
  async reply() {
    await this.admin.createComment({ content: "An answer", post_id: this.postId, parent_id: this.commentId });
    return (await this.member.getReplies({ sort: "New", limit: 1 })).replies[0].comment_reply.id;
  }

  // The note that tells the member of a new comment that names them, below words that are not theirs.
  async mention() {
    const { post_view } = await this.admin.createPost({ name: "A post", community_id: this.communityId });
    await this.stranger.createComment({ content: `Ask @member@${new URL(url).host}`, post_id: post_view.post.id });
    return (await this.member.getPersonMentions({ sort: "New", limit: 1 })).mentions[0].person_mention.id;
  }

  async postReport() {
    const made = await this.stranger.createPostReport({ post_id: await this.post(), reason: "Spam" });
    return made.post_report_view.post_report.id;
  }

  async commentReport() {
    const made = await this.stranger.createCommentReport({ comment_id: await this.comment(), reason: "Rude" });
    return made.comment_report_view.comment_report.id;
  }

  async messageReport() {
    const made = await this.member.createPrivateMessageReport({ private_message_id: await this.message(), reason: "Spam" });
    return made.private_message_report_view.private_message_report.id;
  }

  // What an emoji shows; no two may have the same picture.
  bird() {
    return { category: "birds", image_url: `https://here.example/${this.name()}.png`, alt_text: "A bird", keywords: ["bird"] };
  }

  async emoji() {
    const made = await this.admin.createCustomEmoji({ ...this.bird(), shortcode: this.name() });
    return made.custom_emoji.custom_emoji.id;
  }

  // Somebody who waits to be let in: their name.
  async applicant() {
    const name = this.name();
    await this.admin.editSite({ registration_mode: "RequireApplication", application_question: "Who are you?" });
    const entered = await this.anybody.register({ username: name, password, password_verify: password, answer: "I like birds" });
    assert.deepEqual([entered.registration_created, entered.jwt], [true, undefined], "who applies is not logged in");
    await this.admin.editSite({ registration_mode: "Open" });
    return name;
  }

  // An instance that is known here, because it is blocked.
  async otherInstance() {
    await this.admin.editSite({ blocked_instances: ["blocked.example"] });
    return (await this.anybody.getFederatedInstances()).federated_instances.blocked[0].id;
  }

  async upload(name) {
    return (await this[name].uploadImage({ image: PIXEL })).files[0];
  }
}

// The code that belongs to a secret now (RFC 6238 with SHA-1, six digits, 30 seconds).
function totp(secretUrl) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const letters = [...new URL(secretUrl).searchParams.get("secret")];
  const bits = letters.map((each) => alphabet.indexOf(each).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest.at(-1) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

const SUCCESS = { success: true };

// Method × call: who calls it with what (undefined where it takes nothing), and what must be at which place of the answer.
const METHODS = {
  getSite: () => [
    "admin",
    undefined,
    { version: text, "site_view.site.name": "Every method", "my_user.local_user_view.person.name": adminName },
  ],
  createSite: () => [
    "admin",
    {
      name: "Every method",
      description: "A *site*",
      sidebar: "# Rules",
      enable_nsfw: true,
      registration_mode: "Open",
      captcha_enabled: false,
    },
    {
      "site_view.site.name": "Every method",
      "site_view.local_site.site_setup": true,
      "site_view.local_site.registration_mode": "Open",
      taglines: list,
    },
  ],
  editSite: () => [
    "admin",
    { legal_information: "Be kind", taglines: ["One", "*Two*"], discussion_languages: [0, 37] },
    { "site_view.local_site.legal_information": "Be kind", "taglines.1.content": "*Two*" },
  ],
  leaveAdmin: async (s) => {
    const name = await s.newcomer();
    await s.admin.addAdmin({ person_id: await s.idOf(name), added: true });
    return [name, undefined, { "admins.length": 1, "admins.0.person.name": adminName, version: text }];
  },
  generateTotpSecret: async (s) => [await s.newcomer(), undefined, { totp_secret_url: (value) => value.startsWith("otpauth://totp/") }],
  exportSettings: async (s) => {
    await s.member.savePost({ post_id: s.postId, save: true });
    return ["member", undefined, { followed_communities: some, saved_posts: some, blocked_users: list, "settings.show_nsfw": false }];
  },
  importSettings: async (s) => [await s.newcomer(), { ...(await s.stranger.exportSettings()), display_name: "As before" }, SUCCESS],
  listLogins: () => ["member", undefined, { length: 1, "0.published": moment, "0.user_id": number }],
  validateAuth: () => ["member", undefined, SUCCESS],
  listMedia: async (s) => {
    const { file, delete_token } = await s.upload("member");
    const first = "images.0.local_image";
    return [
      "member",
      {},
      { [`${first}.pictrs_alias`]: file, [`${first}.pictrs_delete_token`]: delete_token, "images.0.person.name": "member" },
    ];
  },
  listAllMedia: async (s) => {
    const { file } = await s.upload("stranger");
    return ["admin", { limit: 1 }, { "images.length": 1, "images.0.local_image.pictrs_alias": file, "images.0.person.name": "stranger" }];
  },
  updateTotp: async (s) => {
    const name = await s.newcomer();
    const { totp_secret_url } = await s[name].generateTotpSecret();
    return [name, { totp_token: totp(totp_secret_url), enabled: true }, { enabled: true }];
  },
  getModlog: async (s) => {
    const post_id = await s.post();
    await s.admin.lockPost({ post_id, locked: true });
    const form = { post_id, type_: "ModLockPost" };
    return ["anybody", form, { "locked_posts.0.mod_lock_post.locked": true, "locked_posts.0.post.id": post_id, removed_posts: list }];
  },
  search: async (s) => {
    const post_id = await s.post({ name: "Nightingales" });
    return ["anybody", { q: "nightingales", type_: "Posts", sort: "New" }, { type_: "Posts", "posts.0.post.id": post_id, comments: list }];
  },
  resolveObject: (s) => ["admin", { q: `${url}/post/${s.postId}` }, { "post.post.id": s.postId, "post.community.id": s.communityId }],
  createCommunity: (s) => [
    "member",
    {
      name: s.name(),
      title: "With everything",
      description: "# Rules",
      nsfw: true,
      posting_restricted_to_mods: true,
      discussion_languages: [0],
    },
    {
      "community_view.community.id": number,
      "community_view.community.nsfw": true,
      "community_view.subscribed": "Subscribed",
      discussion_languages: [0],
    },
  ],
  getCommunity: (s) => [
    "anybody",
    { id: s.communityId },
    { "community_view.community.id": s.communityId, "community_view.counts.subscribers": number, "moderators.0.moderator.name": adminName },
  ],
  editCommunity: (s) => [
    "admin",
    { community_id: s.communityId, title: "Changed", discussion_languages: [0, 37] },
    { "community_view.community.title": "Changed", discussion_languages: [0, 37] },
  ],
  listCommunities: () => [
    "anybody",
    { type_: "Local", sort: "TopAll", limit: 50 },
    { communities: some, "communities.0.counts.posts": number },
  ],
  followCommunity: (s) => ["stranger", { community_id: s.communityId, follow: true }, { "community_view.subscribed": "Subscribed" }],
  blockCommunity: async (s) => [
    "stranger",
    { community_id: await s.community(), block: true },
    { blocked: true, "community_view.blocked": true },
  ],
  deleteCommunity: async (s) => [
    "admin",
    { community_id: await s.community(), deleted: true },
    { "community_view.community.deleted": true },
  ],
  hideCommunity: async (s) => ["admin", { community_id: await s.community(), hidden: true, reason: "Loud" }, SUCCESS],
  removeCommunity: async (s) => [
    "admin",
    { community_id: await s.community(), removed: true, reason: "Spam" },
    { "community_view.community.removed": true },
  ],
  transferCommunity: async (s) => {
    const community_id = await s.communityOfTwo();
    return [
      "admin",
      { community_id, person_id: s.memberId },
      { "community_view.community.id": community_id, "moderators.0.moderator.name": "member" },
    ];
  },
  banFromCommunity: async (s) => {
    const person_id = await s.person();
    const form = { community_id: s.communityId, person_id, ban: true, remove_data: true, reason: "Spam", expires: 4_000_000_000 };
    return ["admin", form, { banned: true, "person_view.person.id": person_id }];
  },
  addModToCommunity: async (s) => [
    "admin",
    { community_id: await s.community(), person_id: s.memberId, added: true },
    { "moderators.length": 2, "moderators.1.moderator.name": "member" },
  ],
  createPost: (s) => [
    "member",
    {
      name: "A post",
      community_id: s.communityId,
      url: "https://link.example/",
      body: "Text",
      alt_text: "What is seen",
      nsfw: true,
      language_id: 37,
    },
    {
      "post_view.post.id": number,
      "post_view.post.url": "https://link.example/",
      "post_view.post.alt_text": "What is seen",
      "post_view.my_vote": 1,
    },
  ],
  getPost: (s) => [
    "anybody",
    { id: s.postId },
    { "post_view.post.id": s.postId, "community_view.community.id": s.communityId, moderators: some, cross_posts: list },
  ],
  editPost: (s) => ["member", { post_id: s.postId, name: "Better" }, { "post_view.post.name": "Better", "post_view.post.updated": moment }],
  deletePost: async (s) => ["member", { post_id: await s.post(), deleted: true }, { "post_view.post.deleted": true }],
  removePost: async (s) => ["admin", { post_id: await s.post(), removed: true, reason: "Spam" }, { "post_view.post.removed": true }],
  markPostAsRead: async (s) => ["member", { post_ids: [s.postId, await s.post()], read: true }, SUCCESS],
  hidePost: async (s) => ["stranger", { post_ids: [await s.post()], hide: true }, SUCCESS],
  lockPost: async (s) => ["admin", { post_id: await s.post(), locked: true }, { "post_view.post.locked": true }],
  featurePost: async (s) => [
    "admin",
    { post_id: await s.post(), featured: true, feature_type: "Local" },
    { "post_view.post.featured_local": true, "post_view.post.featured_community": false },
  ],
  getPosts: () => [
    "anybody",
    { type_: "All", sort: "New", limit: 1 },
    { "posts.length": 1, "posts.0.counts.score": number, next_page: text },
  ],
  likePost: (s) => ["stranger", { post_id: s.postId, score: -1 }, { "post_view.my_vote": -1, "post_view.counts.downvotes": 1 }],
  listPostLikes: async (s) => ["admin", { post_id: await s.post() }, { "post_likes.0.creator.name": "member", "post_likes.0.score": 1 }],
  savePost: (s) => ["stranger", { post_id: s.postId, save: true }, { "post_view.saved": true }],
  createPostReport: async (s) => [
    "stranger",
    { post_id: await s.post(), reason: "Spam" },
    {
      "post_report_view.post_report.reason": "Spam",
      "post_report_view.creator.name": "stranger",
      "post_report_view.post_creator.name": "member",
    },
  ],
  resolvePostReport: async (s) => [
    "admin",
    { report_id: await s.postReport(), resolved: true },
    { "post_report_view.post_report.resolved": true, "post_report_view.resolver.name": adminName },
  ],
  listPostReports: async (s) => {
    const report_id = await s.postReport();
    return [
      "admin",
      { unresolved_only: true, limit: 50 },
      { post_reports: (value) => value.some((each) => each.post_report.id === report_id) },
    ];
  },
  getSiteMetadata: (s) => ["member", { url: `${url}/post/${s.postId}` }, { "metadata.title": text, "metadata.content_type": text }],
  createComment: (s) => [
    "stranger",
    { content: "An *answer*", post_id: s.postId, parent_id: s.commentId, language_id: 37 },
    {
      "comment_view.comment.content": "An *answer*",
      "comment_view.comment.path": (value) => value.startsWith(`0.${s.commentId}.`),
      recipient_ids: list,
    },
  ],
  editComment: async (s) => ["member", { comment_id: await s.comment(), content: "Better" }, { "comment_view.comment.content": "Better" }],
  deleteComment: async (s) => ["member", { comment_id: await s.comment(), deleted: true }, { "comment_view.comment.deleted": true }],
  removeComment: async (s) => [
    "admin",
    { comment_id: await s.comment(), removed: true, reason: "Rude" },
    { "comment_view.comment.removed": true },
  ],
  markCommentReplyAsRead: async (s) => [
    "member",
    { comment_reply_id: await s.reply(), read: true },
    { "comment_reply_view.comment_reply.read": true, "comment_reply_view.recipient.name": "member" },
  ],
  likeComment: (s) => [
    "stranger",
    { comment_id: s.commentId, score: -1 },
    { "comment_view.my_vote": -1, "comment_view.counts.downvotes": 1 },
  ],
  listCommentLikes: async (s) => [
    "admin",
    { comment_id: await s.comment() },
    { "comment_likes.0.creator.name": "member", "comment_likes.0.score": 1 },
  ],
  saveComment: (s) => ["stranger", { comment_id: s.commentId, save: true }, { "comment_view.saved": true }],
  distinguishComment: async (s) => {
    const made = await s.admin.createComment({ content: "Be kind", post_id: s.postId });
    return ["admin", { comment_id: made.comment_view.comment.id, distinguished: true }, { "comment_view.comment.distinguished": true }];
  },
  getComments: (s) => [
    "anybody",
    { post_id: s.postId, max_depth: 8, sort: "Old" },
    { comments: (value) => value.some((each) => each.comment.id === s.commentId) },
  ],
  getComment: (s) => ["anybody", { id: s.commentId }, { "comment_view.comment.id": s.commentId, "comment_view.post.id": s.postId }],
  createCommentReport: async (s) => [
    "stranger",
    { comment_id: await s.comment(), reason: "Rude" },
    { "comment_report_view.comment_report.reason": "Rude", "comment_report_view.comment_creator.name": "member" },
  ],
  resolveCommentReport: async (s) => [
    "admin",
    { report_id: await s.commentReport(), resolved: true },
    { "comment_report_view.comment_report.resolved": true, "comment_report_view.resolver.name": adminName },
  ],
  listCommentReports: async (s) => {
    const report_id = await s.commentReport();
    return [
      "admin",
      { unresolved_only: true, limit: 50 },
      { comment_reports: (value) => value.some((each) => each.comment_report.id === report_id) },
    ];
  },
  getPrivateMessages: async (s) => {
    const id = await s.message();
    return ["member", { unread_only: true }, { "private_messages.0.private_message.id": id, "private_messages.0.creator.name": adminName }];
  },
  createPrivateMessage: (s) => [
    "admin",
    { content: "Hello *there*", recipient_id: s.memberId },
    { "private_message_view.private_message.content": "Hello *there*", "private_message_view.recipient.name": "member" },
  ],
  editPrivateMessage: async (s) => [
    "admin",
    { private_message_id: await s.message(), content: "Better" },
    { "private_message_view.private_message.content": "Better" },
  ],
  deletePrivateMessage: async (s) => [
    "admin",
    { private_message_id: await s.message(), deleted: true },
    { "private_message_view.private_message.deleted": true },
  ],
  markPrivateMessageAsRead: async (s) => [
    "member",
    { private_message_id: await s.message(), read: true },
    { "private_message_view.private_message.read": true },
  ],
  createPrivateMessageReport: async (s) => [
    "member",
    { private_message_id: await s.message(), reason: "Spam" },
    {
      "private_message_report_view.private_message_report.reason": "Spam",
      "private_message_report_view.private_message_creator.name": adminName,
    },
  ],
  resolvePrivateMessageReport: async (s) => [
    "admin",
    { report_id: await s.messageReport(), resolved: true },
    { "private_message_report_view.private_message_report.resolved": true },
  ],
  listPrivateMessageReports: async (s) => {
    const report_id = await s.messageReport();
    const has = (value) => value.some((each) => each.private_message_report.id === report_id);
    return ["admin", { unresolved_only: true, limit: 50 }, { private_message_reports: has }];
  },
  register: (s) => [
    "anybody",
    { username: s.name(), password, password_verify: password, show_nsfw: true, email: "new@mail.example" },
    { jwt: text, registration_created: false, verify_email_sent: false },
  ],
  login: () => ["anybody", { username_or_email: "stranger", password }, { jwt: text, registration_created: false }],
  logout: async (s) => [await s.newcomer(), undefined, SUCCESS],
  getPersonDetails: () => [
    "anybody",
    { username: "member", sort: "New" },
    { "person_view.person.name": "member", "person_view.is_admin": false, posts: some, comments: some, moderates: list },
  ],
  getPersonMentions: async (s) => {
    const id = await s.mention();
    return ["member", { unread_only: true, sort: "New" }, { "mentions.0.person_mention.id": id, "mentions.0.creator.name": "stranger" }];
  },
  markPersonMentionAsRead: async (s) => [
    "member",
    { person_mention_id: await s.mention(), read: true },
    { "person_mention_view.person_mention.read": true },
  ],
  getReplies: async (s) => {
    const id = await s.reply();
    return ["member", { unread_only: true, sort: "New" }, { "replies.0.comment_reply.id": id, "replies.0.creator.name": adminName }];
  },
  banPerson: async (s) => {
    const person_id = await s.person();
    return ["admin", { person_id, ban: true, remove_data: true, reason: "Spam" }, { banned: true, "person_view.person.id": person_id }];
  },
  getBannedPersons: async (s) => {
    const person_id = await s.person();
    await s.admin.banPerson({ person_id, ban: true });
    return ["admin", undefined, { banned: (value) => value.some((each) => each.person.id === person_id && each.person.banned) }];
  },
  blockPerson: async (s) => {
    const person_id = await s.person();
    return ["stranger", { person_id, block: true }, { blocked: true, "person_view.person.id": person_id }];
  },
  getCaptcha: async (s) => {
    await s.admin.editSite({ captcha_enabled: true, captcha_difficulty: "easy" });
    return ["anybody", undefined, { "ok.png": text, "ok.wav": text, "ok.uuid": text }, () => s.admin.editSite({ captcha_enabled: false })];
  },
  deleteAccount: async (s) => [await s.newcomer(), { password, delete_content: true }, SUCCESS],
  passwordReset: async (s) => {
    await s.registered(s.name(), { email: "forgetful@mail.example" });
    return ["anybody", { email: "forgetful@mail.example" }, SUCCESS];
  },
  passwordChangeAfterReset: () => ["anybody", { token: resetToken, password: `${password}!`, password_verify: `${password}!` }, SUCCESS],
  markAllAsRead: async (s) => {
    await s.reply();
    return ["member", undefined, { replies: [] }];
  },
  saveUserSettings: () => [
    "stranger",
    { display_name: "Some stranger", show_nsfw: true, default_sort_type: "New", blur_nsfw: false },
    SUCCESS,
  ],
  changePassword: async (s) => [
    await s.newcomer(),
    { old_password: password, new_password: `${password}!`, new_password_verify: `${password}!` },
    { jwt: text },
  ],
  getReportCount: async (s) => {
    await s.postReport();
    return ["admin", {}, { post_reports: (value) => value > 0, comment_reports: number, private_message_reports: number }];
  },
  getUnreadCount: async (s) => {
    await s.message();
    return ["member", undefined, { private_messages: (value) => value > 0, replies: number, mentions: number }];
  },
  verifyEmail: () => ["anybody", { token: proofToken }, SUCCESS],
  addAdmin: async (s) => {
    const person_id = await s.person();
    return [
      "admin",
      { person_id, added: true },
      { admins: (value) => value.some((each) => each.person.id === person_id) },
      () => s.admin.addAdmin({ person_id, added: false }),
    ];
  },
  getUnreadRegistrationApplicationCount: async (s) => {
    await s.applicant();
    return ["admin", undefined, { registration_applications: (value) => value > 0 }];
  },
  listRegistrationApplications: async (s) => {
    const name = await s.applicant();
    const answered = (each) => each.registration_application.answer === "I like birds" && number(each.creator_local_user.id);
    const waits = (each) => each.creator.name === name && answered(each);
    return ["admin", { unread_only: true, limit: 50 }, { registration_applications: (value) => value.some(waits) }];
  },
  approveRegistrationApplication: async (s) => {
    const name = await s.applicant();
    const { registration_applications } = await s.admin.listRegistrationApplications({ unread_only: true });
    const { id } = registration_applications.find((each) => each.creator.name === name).registration_application;
    const shown = {
      "registration_application.registration_application.id": id,
      "registration_application.creator_local_user.accepted_application": true,
    };
    return ["admin", { id, approve: true }, shown];
  },
  getRegistrationApplication: async (s) => {
    const name = await s.applicant();
    const { registration_applications } = await s.admin.listRegistrationApplications({ unread_only: true });
    const { creator } = registration_applications.find((each) => each.creator.name === name);
    return ["admin", { person_id: creator.id }, { "registration_application.creator.name": name }];
  },
  purgePerson: async (s) => ["admin", { person_id: await s.person(), reason: "Spam" }, SUCCESS],
  purgeCommunity: async (s) => ["admin", { community_id: await s.community(), reason: "Spam" }, SUCCESS],
  purgePost: async (s) => ["admin", { post_id: await s.post(), reason: "Spam" }, SUCCESS],
  purgeComment: async (s) => ["admin", { comment_id: await s.comment(), reason: "Spam" }, SUCCESS],
  createCustomEmoji: (s) => {
    const shortcode = s.name();
    return [
      "admin",
      { ...s.bird(), shortcode },
      { "custom_emoji.custom_emoji.shortcode": shortcode, "custom_emoji.keywords.0.keyword": "bird" },
    ];
  },
  editCustomEmoji: async (s) => [
    "admin",
    { ...s.bird(), id: await s.emoji(), alt_text: "Two birds" },
    { "custom_emoji.custom_emoji.alt_text": "Two birds" },
  ],
  deleteCustomEmoji: async (s) => ["admin", { id: await s.emoji() }, SUCCESS],
  getFederatedInstances: async (s) => {
    const id = await s.otherInstance();
    const first = "federated_instances.blocked.0";
    return ["anybody", undefined, { [`${first}.id`]: id, [`${first}.domain`]: "blocked.example", "federated_instances.linked": list }];
  },
  blockInstance: async (s) => ["stranger", { instance_id: await s.otherInstance(), block: true }, { blocked: true }],
  uploadImage: () => [
    "member",
    { image: PIXEL },
    { msg: "ok", "files.0.file": text, url: (value) => value.startsWith(`${url}/pictrs/image/`), delete_url: text },
  ],
  deleteImage: async (s) => {
    const { file, delete_token } = await s.upload("member");
    return ["member", { filename: file, token: delete_token }, { "": true }];
  },
};

function at(answer, path) {
  return path.split(".").filter(Boolean).reduce((value, key) => value?.[key], answer);
}

function check(answer, expected) {
  for (const [path, wanted] of Object.entries(expected)) {
    const found = at(answer, path);
    const said = `${path || "the answer"} is ${JSON.stringify(found)}`;
    if (typeof wanted === "function") assert.ok(found !== undefined && wanted(found), said);
    else assert.deepEqual(found, wanted, said);
  }
}

const scene = new Scene();
const failures = [];
const done = {};

// The method is called here and nowhere else as itself: a row can prepare, but not forget it.
async function call(name) {
  try {
    const [caller, form, expected, afterwards] = await METHODS[name](scene);
    asked.length = 0;
    const answer = await scene[caller][name](...(form === undefined ? [] : [form]));
    assert.equal(asked.length, 1, "one method asks once");
    const [{ method, path, status }] = asked;
    assert.ok(GRANTED.has(status), `status ${status}`);
    done[name] = `${method} ${path} ${status}`;
    await afterwards?.();
    check(answer, expected);
  } catch (error) {
    failures.push(`${name}: ${error.message}`);
  }
}

const methods = Object.getOwnPropertyNames(LemmyHttp.prototype).filter((name) => !NO_CALLS.has(name));
assert.deepEqual(methods.filter((name) => !(name in METHODS)), [], "methods of the client that the table lacks");
assert.deepEqual(Object.keys(METHODS).filter((name) => !methods.includes(name)), [], "rows of the table that the client lacks");

await scene.enter();
await call("createSite");
await scene.populate();
for (const name of methods) {
  if (name !== "createSite") await call(name);
}
assert.deepEqual(failures, []);
console.log(JSON.stringify(done));
