// Smooths stair-steps along edges, after Lottes (2009), 'FXAA': where luma changes sharply, a pixel
// is averaged along the edge that runs through it.
uniform sampler2D uPicture;
in vec2 vAt;
out vec4 oColour;

const float LEAST = 0.045;   // of luma; weaker edges are left alone
const float REACH = 6.0;     // pixels to either side

float luma(vec3 c) { return dot(c, vec3(0.299, 0.587, 0.114)); }

float lumaAt(ivec2 at) { return luma(texelFetch(uPicture, at, 0).rgb); }

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy), last = textureSize(uPicture, 0) - 1;
  ivec2 low = max(at - 1, ivec2(0)), high = min(at + 1, last);
  vec3 middle = texelFetch(uPicture, at, 0).rgb;
  float nw = lumaAt(ivec2(low.x, high.y)), ne = lumaAt(high);
  float sw = lumaAt(low), se = lumaAt(ivec2(high.x, low.y)), m = luma(middle);
  float least = min(m, min(min(nw, ne), min(sw, se)));
  float most = max(m, max(max(nw, ne), max(sw, se)));
  vec3 c = middle;
  // A loop, since software renderers carry out both sides of an if, but leave a loop when they can.
  for (int edge = int(most - least > max(LEAST, 0.10 * most)); edge > 0; edge--) {
    vec2 along = vec2(sw + se - nw - ne, nw + sw - ne - se);
    float weak = max((nw + ne + sw + se) * 0.03, 0.008);
    along = clamp(along / (min(abs(along.x), abs(along.y)) + weak), -REACH, REACH) / vec2(last + 1);
    vec3 near = 0.5 * (texture(uPicture, vAt - along / 6.0).rgb + texture(uPicture, vAt + along / 6.0).rgb);
    vec3 far = 0.5 * near + 0.25 * (texture(uPicture, vAt - along * 0.5).rgb
                                  + texture(uPicture, vAt + along * 0.5).rgb);
    float l = luma(far);
    c = l < least || l > most ? near : far;
    // A lone bright spot is the light in an eye, no edge.
    c = mix(c, middle, 0.8 * smoothstep(0.02, 0.10, m - max(max(nw, ne), max(sw, se))));
  }
  oColour = vec4(c, 1.0);
}
