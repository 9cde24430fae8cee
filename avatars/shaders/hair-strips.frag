// Clumps of hair. Mask: across the strip, tone of the clump, along it, ambient occlusion.
uniform sampler2D uStrandMap;   // see strand-map.frag

void main() {
  vec3 v = normalize(uCamera.xyz - vPosition), n = normalize(vNormal), along = normalize(vFlow);
  // On the crown what looks away is the edge of a lock, not its underside: it stays light.
  float high = smoothstep(7.9, 8.2, vPosition.y);
  // At an outline the normal of the mass may look away a little; that is not the other side.
  if (gl_FrontFacing) n = normalize(n - v * min(dot(n, v) - 0.05, 0.0));
  else if (dot(n, v) < 0.0) n = normalize(mix(-n, n - 1.05 * v * dot(n, v), high));
  vec2 strands = texture(uStrandMap, vUV / vec2(16.0, 4.0)).rg;
  float fine = strands.x, coarse = strands.y;
  float side = abs(vMask.r - 0.5) * 2.0, ao = mix(0.34, 1.0, smoothstep(0.05, 0.80, vMask.a));
  // Root, tip and edges fray.
  float fray = max(max(smoothstep(0.90, 1.0, vMask.b), smoothstep(0.80, 1.0, side) * 0.75),
                   smoothstep(0.20, 0.0, vMask.b) * 0.95);
  if (fray * 1.25 > 0.70 + 0.55 * fine) discard;
  vec3 across = cross(along, n);
  n = normalize(n + across * ((fine - 0.5) * 0.38 + (coarse - 0.5) * 0.25));
  vec3 base = uHair.rgb * (0.70 + 0.42 * fine + 0.30 * coarse) * (0.92 + 0.16 * vMask.g)
            * mix(1.05, 0.84, smoothstep(0.4, 1.0, side))
            * mix(0.86, 1.08, smoothstep(0.0, 0.7, vMask.b));
  if (!gl_FrontFacing) ao = mix(0.75 * ao, max(ao, 0.8), high);
  oColour = vec4(shown(strand(n, v, along, base, fine, ao, 1.0)), 1.0);
}
